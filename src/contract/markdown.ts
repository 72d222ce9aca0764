/** How values get into Markdown: escaped, in one line. */

/** A table; the cells are Markdown already. */
export function rows(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n');
}

/** One line of plain words: nothing in it can end a cell, begin a tag or make a link. */
export function text(value: string, length = 1000): string {
  const line = value.replace(/\s+/g, ' ').trim();
  return shorten(line, length).replace(/[\\`*<[\]|]/g, '\\$&');
}

/** At most so many characters, the last of them an ellipsis where some were left out. */
export function shorten(value: string, length: number): string {
  const characters = Array.from(value);
  return characters.length <= length ? value : `${characters.slice(0, length - 1).join('')}…`;
}

/** `2026-09-30T13:02:11.000Z` → `2026-09-30 13:02 UTC`. */
export function time(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}
