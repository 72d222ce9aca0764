/** The difference that mending a file makes, as `diff -U0` shows it, without what may be secret. */
import { addressTokensIn } from '../addresses/addresses';
import { redact } from '../text/redact';

const mostLines = 12;
const longest = 240;

/** A login that stands as a word of its own: curl -u NAME:WORD, mysql -pWORD. */
const login =
  /((?:^|\s)(?:-u|--user|-p|-U|-P|-w|-k|-H|--header)[ =]?)(?!\[)("[^"]*"|'[^']*'|[^\s"']+)/g;

const endpoint = /^["']?(?:[a-z]+:\/\/)?[\d.]+(?::\d+)?\/?["']?$/;

/** A unified difference without context; both texts have the same number of lines. */
export function differenceOf(path: string, before: string, after: string): string {
  const old = before.split('\n');
  const hunks = after.split('\n').flatMap((line, at) => {
    const was = old[at] ?? '';
    return line === was
      ? []
      : [`@@ -${String(at + 1)} +${String(at + 1)} @@\n-${shown(was)}\n+${shown(line)}`];
  });
  const more = hunks.length - mostLines;
  return [
    `--- ${path}`,
    `+++ ${path}`,
    ...hunks.slice(0, mostLines),
    ...(more > 0 ? [`… and ${String(more)} more lines`] : []),
  ].join('\n');
}

/** A line as a person may see it: keys and addresses stay, what may be a secret goes. */
export function shown(line: string): string {
  const clean = redact(line.replace(/[^\x20-\x7e]/g, ' '))
    .replace(login, (whole, flag: string, value: string) =>
      endpoint.test(value) ? whole : [`${flag}[hidden]`, ...addressTokensIn(value)].join(' '),
    )
    .replace(/[^\s"'=,;:<>(){}[\]|&]+/g, (word) => (isSecretive(word) ? '[hidden]' : word));
  return clean.length > longest ? `${around(clean)} …` : clean;
}

/** A long line is shown around its first address. */
function around(line: string): string {
  const [first = ''] = addressTokensIn(line);
  const at = Math.max(0, line.indexOf(first) - 80);
  return `${at > 0 ? '… ' : ''}${line.slice(at, at + longest)}`;
}

/** Long words of letters and digits without meaning: keys, tokens, hashes. */
function isSecretive(word: string): boolean {
  if (addressTokensIn(word).length > 0 || /^[/~.]/.test(word)) return false;
  const isMixed = /[A-Za-z]/.test(word) && /\d/.test(word);
  return word.length >= 32 || (isMixed && word.length >= 12);
}
