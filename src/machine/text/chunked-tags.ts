/** A value as JSON over numbered tags: a tag's value holds 256 characters. */

/** How many characters the value of a tag holds. */
export const valueLimit = 256;

/**
 * JSON for tags. A tag counts characters as AWS does, so every one is made ASCII. Blanks are
 * escaped too: where the text is cut no value begins or ends with one, which consoles and XML
 * readers trim.
 */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^!-~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The text in pieces of which each fits into a tag. */
export function chunksOf(text: string): string[] {
  const chunks: string[] = [];
  for (let start = 0; start < text.length; start += valueLimit) {
    chunks.push(text.slice(start, start + valueLimit));
  }
  return chunks;
}

/** The text of the tags `name.1`, `name.2` and so on; empty where there is none. */
export function joinChunks(tags: Readonly<Record<string, string>>, name: string): string {
  let text = '';
  for (let number = 1; ; number++) {
    const chunk = tags[`${name}.${String(number)}`];
    if (chunk === undefined) return text;
    text += chunk;
  }
}
