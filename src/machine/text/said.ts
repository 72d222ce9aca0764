/** What somebody outside has said, as a person may see it. Pure. */
import { printable } from './printable';
import { redact } from './redact';

/** So much of a text is looked at for each character that is shown of it. */
const roomFor = 40;

/** Printable, on one line, without secrets, and not longer than so many characters. */
export function saidShortly(text: string, most = 200): string {
  const room = most * roomFor;
  // Half a secret has no shape: what stands at the cut goes.
  const said = inOneLine(
    text.length > room ? text.slice(0, room).replace(/(?<!\S)\S+$/, '…') : text,
  );
  if (said === '') return '(nothing)';
  return said.length > most ? `${said.slice(0, most - 1)}…` : said;
}

/** The same of its end, where a program tells what it failed of; empty for an empty text. */
export function saidLast(text: string, most = 200): string {
  const room = most * roomFor;
  const said = inOneLine(text.length > room ? text.slice(-room).replace(/^\S+/, '…') : text);
  return said.length > most ? `…${said.slice(1 - most)}` : said;
}

function inOneLine(text: string): string {
  return printable(redact(text).replace(/\s+/g, ' ').trim());
}
