/**
 * How values get into Markdown. Text that was not written here can say anything; so Markdown is a type
 * of its own, and the one way to put a value into it escapes that value. Workflow code uses it.
 */
import { printable } from './printable';

/** Markdown as this tool has written it; what stands in it of others is escaped. */
export class Markdown {
  constructor(readonly source: string) {}
}

/**
 * Markdown with values in it: what is not Markdown itself becomes plain words in one line. A line break
 * in the template is a space.
 */
export function prose(
  parts: TemplateStringsArray,
  ...values: readonly (Markdown | string | number)[]
): Markdown {
  const all = parts.map((raw, index) => {
    const part = raw.replace(/\n */g, ' ');
    const value = values[index];
    if (value === undefined) return part;
    if (value instanceof Markdown) return part + value.source;
    const begins = index === 0 && /^(?:- )?$/.test(part);
    return part + (begins ? paragraph(String(value)) : text(String(value)));
  });
  return new Markdown(all.join(''));
}

/** Nothing to say. */
export const nothing = new Markdown('');

/** One after the other, with a space between; what is empty is left out. */
export function sentences(...parts: readonly Markdown[]): Markdown {
  return joined(parts, ' ');
}

/** One below the other; what is empty is left out. */
export function paragraphs(...parts: readonly Markdown[]): Markdown {
  return joined(parts, '\n\n');
}

/** A list; what is not Markdown itself becomes plain words in one line. */
export function list(lines: readonly (Markdown | string)[]): Markdown {
  return joined(
    lines.map((line) => prose`- ${line}`),
    '\n',
  );
}

/** With the same words between them: `, then `. */
export function joined(parts: readonly Markdown[], between: string): Markdown {
  const sources = parts.map(({ source }) => source).filter((source) => source !== '');
  return new Markdown(sources.join(between));
}

/** A value as code, which is shown as it is. */
export function code(value: string, length = 1000): Markdown {
  return new Markdown(span(inOneLine(value, length)));
}

/** A message as long as failures have them, which say what to do. */
export function message(value: string): Markdown {
  return new Markdown(words(inOneLine(value, 4000)));
}

/** Lines as they are, in a fence that nothing in them can close. */
export function fenced(language: string, value: string, length = 4000): Markdown {
  const lines = value.slice(0, length).split('\n').map(printable).join('\n');
  const longest = Math.max(2, ...(lines.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return new Markdown(`${fence}${language}\n${lines}\n${fence}`);
}

/** A table; the cells are Markdown already. */
export function rows(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(inCell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n');
}

/** Within code a border ends a cell, too; elsewhere it is escaped already. */
function inCell(cell: string): string {
  return cell.replace(/(?<!\\)\|/g, '\\|');
}

/**
 * One line of plain words within a line: nothing in it can end a cell, begin a tag, or make a link. What a page would make a link of by itself is shown as code.
 */
export function text(value: string, length = 1000): string {
  return words(inOneLine(value, length));
}

/** What makes anything in GitHub's Markdown but plain words; most lines have none of it. */
const special = /[\\`*<[\]|~&_@:]|www\./i;

/**
 * Our own sentences put what is to be copied between backticks, also where they come from a machine's
 * side as plain text: that is code. Backticks of others make code, too, which is as harmless; between
 * words alone, so that no other code touches it.
 */
const ownCode = /(?<=^\(?| \(?)`([^`]+)`(?=[).,;:?!]*(?: |$))/;

function words(line: string): string {
  if (!special.test(line)) return line;
  const parts = line.split(ownCode);
  return parts.map((part, at) => (at % 2 === 1 ? span(part) : escapedWords(part))).join('');
}

function escapedWords(part: string): string {
  return part
    .split(' ')
    .map((word) => (isLinkLike(word) ? span(word) : escaped(word)))
    .join(' ');
}

/** The same where a line begins: nothing in it can begin a heading, a list or a quotation. */
export function paragraph(value: string, length = 1000): string {
  return text(value, length)
    .replace(/^[#>+=:-]/, '\\$&')
    .replace(/^(\d{1,9})([.)])/, '$1\\$2');
}

function inOneLine(value: string, length: number): string {
  // Bounded before it is matched; a control character becomes up to eight others.
  const line = value
    .slice(0, 2 * length + 1)
    .replace(/\s+/g, ' ')
    .trim();
  return shorten(printable(line), length);
}

/** GitHub's Markdown, which Temporal's UI speaks, makes links of these wherever they stand. */
function isLinkLike(word: string): boolean {
  return /:\/|www\.|mailto:|xmpp:|\w@[\w-]/i.test(word);
}

function escaped(word: string): string {
  return word
    .replace(/[\\`*<[\]|~]|&(?=[#\w])/g, '\\$&')
    .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\_');
}

/** Code in a fence that nothing in it can close. */
function span(value: string): string {
  const longest = Math.max(0, ...(value.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  const room = /^`|`$|^ .* $/.test(value) ? ' ' : '';
  return value === '' ? '' : `${fence}${room}${value}${room}${fence}`;
}

/** The first lines of Markdown that have room, and that some are left out; no line is cut. */
export function firstLines(markdown: string, length: number): string {
  if (markdown.length <= length) return markdown;
  const kept: string[] = [];
  let room = length - 10;
  let fence = '';
  for (const line of markdown.split('\n')) {
    room -= line.length + 1;
    if (room < 0) break;
    kept.push(line);
    const run = /^`{3,}/.exec(line)?.[0] ?? '';
    if (run === '') continue;
    fence = fence === '' ? run : run.length >= fence.length ? '' : fence;
  }
  return [...kept, ...(fence === '' ? ['', '…'] : ['…', fence])].join('\n');
}

/** Markdown of this tool as plain words; code keeps its marks. */
export function plain(markdown: string): string {
  return markdown.replace(/\*\*|^`{3,}\w*$/gm, '').replace(/\\([!-/:-@[-`{-~])/g, '$1');
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
