/** What a command said, as a person may see it. Pure. */
import { redact } from './redact';

/** Printable, on one line, without secrets, and not longer than so many characters. */
export function saidShortly(text: string, most = 200): string {
  const said = redact(text.replace(/[^\x20-\x7e]+/g, ' '))
    .replace(/ +/g, ' ')
    .trim();
  if (said === '') return '(nothing)';
  return said.length > most ? `${said.slice(0, most - 1)}…` : said;
}
