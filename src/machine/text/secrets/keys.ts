/** Private keys as their files have them, whole or cut off at either end. Pure. */

const mark = '[private key]';

/** Replaces every private key. One that has no end goes on to the end of the text. */
export function redactKeys(text: string): string {
  if (!text.includes('PRIVATE KEY')) return text;
  const begin = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
  const end = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
  let clean = '';
  let from = 0;
  for (let key = begin.exec(text); key !== null; key = begin.exec(text)) {
    clean += `${text.slice(from, key.index)}${mark}`;
    end.lastIndex = begin.lastIndex;
    from = end.exec(text) === null ? text.length : end.lastIndex;
    begin.lastIndex = from;
  }
  return withoutEnds(clean + text.slice(from));
}

/** The end of a key whose beginning is somewhere else: the lines before it that look like a key's. */
function withoutEnds(text: string): string {
  const kept: string[] = [];
  for (const line of text.split('\n')) {
    if (/^\s{0,20}-----END [A-Z0-9 ]{0,40}PRIVATE KEY/.test(line)) {
      while (/^\s{0,20}[\w+/=-]{1,200}\s{0,20}$/.test(kept.at(-1) ?? '')) kept.pop();
      kept.push(mark);
    } else kept.push(line);
  }
  return kept.join('\n');
}
