/** Output of a command that may be of any length: its beginning and its end are kept. */

const limit = 64 * 1024;

/** Takes chunks without end and keeps the first and the last 64 KiB of them. */
export class BoundedText {
  readonly #head: Buffer[] = [];
  readonly #tail: Buffer[] = [];
  #headBytes = 0;
  #tailBytes = 0;
  #leftOut = 0;

  add(chunk: Buffer): void {
    const forHead = chunk.subarray(0, limit - this.#headBytes);
    const forTail = chunk.subarray(forHead.length);
    if (forHead.length > 0) this.#head.push(forHead);
    if (forTail.length > 0) this.#tail.push(forTail);
    this.#headBytes += forHead.length;
    this.#tailBytes += forTail.length;
    this.#forget();
  }

  /** The text; where bytes are missing a line says how many. */
  toString(): string {
    const head = Buffer.concat(this.#head);
    const tail = Buffer.concat(this.#tail);
    // In one piece, so that a character on the border of the two stays whole.
    if (this.#leftOut === 0) return Buffer.concat([head, tail]).toString('utf8');
    const gap = `\n[… ${String(this.#leftOut)} bytes left out …]\n`;
    return head.toString('utf8') + gap + tail.toString('utf8');
  }

  #forget(): void {
    while (this.#tailBytes > limit) {
      const [oldest] = this.#tail;
      if (oldest === undefined) return;
      const surplus = Math.min(oldest.length, this.#tailBytes - limit);
      if (surplus === oldest.length) this.#tail.shift();
      else this.#tail[0] = oldest.subarray(surplus);
      this.#tailBytes -= surplus;
      this.#leftOut += surplus;
    }
  }
}
