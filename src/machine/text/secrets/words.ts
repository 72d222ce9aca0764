/**
 * Secrets that are known by the words around them: in the arguments of a command, in an address, in a
 * JSON Web Token. Each text is gone through once, word by word. Pure.
 */
import { isHarmless, isSecretName } from './named';

const mark = '[secret]';

/** The options of a program behind which a secret stands; attached to it, those of one letter. */
const tools: Readonly<Record<string, { readonly apart: RegExp; readonly attached?: RegExp }>> = {
  curl: { apart: /^(?:-u|-U|--user|--proxy-user)$/, attached: /^-[uU](?=.)/ },
  wget: { apart: /^--(?:http-|ftp-|proxy-)?user$/ },
  mysql: { apart: /^--password$/, attached: /^-p(?=.)/ },
  mysqldump: { apart: /^--password$/, attached: /^-p(?=.)/ },
  mongo: { apart: /^-p$/ },
  mongodump: { apart: /^-p$/ },
  sshpass: { apart: /^-p$/, attached: /^-p(?=.)/ },
  'redis-cli': { apart: /^-a$/ },
  ldapsearch: { apart: /^-w$/ },
  openssl: { apart: /^-pass(?:in|out)?$/ },
};

/** `curl -u ana:pw`, `--password hunter2`, `mysql -phunter2`. */
export function redactArguments(text: string): string {
  let tool: (typeof tools)[string] | undefined;
  let isNext = false;
  return text.replace(/\n|[^\s]+/g, (word) => {
    if (word === '\n') {
      tool = undefined;
      isNext = false;
      return word;
    }
    if (isNext) {
      isNext = false;
      if (!word.startsWith('-') && !isHarmless(word)) return mark;
    }
    tool = toolOf(word) ?? tool;
    const attached = tool?.attached?.exec(word)?.[0];
    if (attached !== undefined) return `${attached}${mark}`;
    isNext = tool?.apart.test(word) === true || (word.startsWith('--') && isSecretName(word));
    return word;
  });
}

function toolOf(word: string): (typeof tools)[string] | undefined {
  const name = word.slice(word.lastIndexOf('/') + 1);
  return Object.hasOwn(tools, name) ? tools[name] : undefined;
}

/** A login in an address: `https://ana:pw@host`. Some passwords hold an unescaped slash. */
export function redactLogins(text: string): string {
  return text.replace(/[^\s"'<>]+/g, (word) => {
    if (!word.includes('://') || !word.includes('@')) return word;
    const [scheme = '', ...rest] = word.split('://');
    return [scheme, ...rest.map(withoutLogin)].join('://');
  });
}

/** What stands between `://` and the next one. */
function withoutLogin(place: string): string {
  const slash = place.indexOf('/');
  const authority = slash < 0 ? place : place.slice(0, slash);
  const end = authority.lastIndexOf('@');
  if (end >= 0) return `${mark}${place.slice(end)}`;
  const at = place.indexOf('@');
  return at >= 0 && authority.includes(':') ? `${mark}${place.slice(at)}` : place;
}

/** A JSON Web Token: two parts at least that begin as JSON does in base64. */
export function redactWebTokens(text: string): string {
  return text.replace(/[\w.-]+/g, (word) => {
    if (!word.includes('.eyJ')) return word;
    const parts = word.split('.');
    const first = parts.findIndex((part, index) => {
      const at = part.indexOf('eyJ');
      return at >= 0 && part.length - at > 10 && (parts[index + 1] ?? '').startsWith('eyJ');
    });
    if (first < 0) return word;
    const before = parts.slice(0, first).map((part) => `${part}.`);
    const part = parts[first] ?? '';
    return `${before.join('')}${part.slice(0, part.indexOf('eyJ'))}${mark}`;
  });
}

/** AWS's secret half has no shape of its own: it is looked for where the other half stands. */
export function redactAwsSecrets(text: string): string {
  if (!text.includes('[access key]')) return text;
  return text.replace(/(?<![\w+/=])[\w+/]{40}(?![\w+/=])/g, (word) =>
    /[A-Z]/.test(word) && /[a-z]/.test(word) && /\d/.test(word) ? mark : word,
  );
}
