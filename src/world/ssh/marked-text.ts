/**
 * Output with a mark in it. What comes before the mark is noise of the login, and is dropped once
 * the mark has come, so that noise without end cannot push the mark out of what is kept.
 */
import { BoundedText } from './bounded-text';

/** Takes chunks; the text begins with the mark, once that has come. */
export class MarkedText {
  #text = new BoundedText();
  #last = Buffer.alloc(0);
  #hasBegun: boolean;
  readonly #mark: Buffer;

  constructor(mark: string) {
    this.#mark = Buffer.from(mark);
    this.#hasBegun = mark === '';
  }

  /** Whether the mark has come. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Takes a chunk; true when the mark has come with it. */
  add(chunk: Buffer): boolean {
    if (this.#hasBegun) {
      this.#text.add(chunk);
      return false;
    }
    // The mark may lie across the border of two chunks.
    const joined = Buffer.concat([this.#last, chunk]);
    const at = joined.indexOf(this.#mark);
    if (at >= 0) {
      this.#hasBegun = true;
      this.#text = new BoundedText();
      this.#text.add(joined.subarray(at));
      return true;
    }
    this.#text.add(chunk);
    this.#last = joined.subarray(Math.max(0, joined.length - this.#mark.length + 1));
    return false;
  }

  toString(): string {
    return this.#text.toString();
  }
}
