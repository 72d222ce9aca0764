/**
 * What must not leave a machine with its output: failures end in Temporal's history.
 *
 * Text that comes here may be long and hostile. It is bounded before it is matched, and the linter
 * looks for patterns whose time grows faster than the text.
 */
import { redactKeys } from './secrets/keys';
import { isHarmless, isSecretName, named, type Named } from './secrets/named';
import { shapes, type Shape } from './secrets/shapes';
import { redactTokens } from './secrets/tokens';
import { redactArguments, redactAwsSecrets, redactLogins, redactWebTokens } from './secrets/words';

/** So many characters at the beginning and at the end are looked at; what is between them goes. */
const half = 128 * 1024;

/** Replaces private keys, access keys, tokens, passwords and logins in addresses by a mark. */
export function redact(text: string): string {
  const steps = [
    redactKeys,
    ...shapes.map(ofShape),
    redactTokens,
    redactWebTokens,
    redactAwsSecrets,
    redactLogins,
    ...named.map(ofName),
    redactArguments,
  ];
  return steps.reduce((clean, step) => step(clean), bounded(text));
}

/** What is cut loses the words at the cut, too: half a secret has no shape. */
function bounded(text: string): string {
  if (text.length <= 2 * half) return text;
  const begin = text.slice(0, half).replace(/(?<!\S)\S+$/, '');
  const end = text.slice(-half).replace(/^\S+/, '');
  return `${begin}[… ${String(text.length - begin.length - end.length)} characters left out …]${end}`;
}

function ofShape({ pattern, mark }: Shape): (text: string) => string {
  return (text) =>
    text.replace(pattern, (_: string, ...found: unknown[]) => {
      const { before = '' } = groupsOf(found);
      return `${before}${mark ?? '[secret]'}`;
    });
}

function ofName({ pattern }: Named): (text: string) => string {
  return (text) =>
    text.replace(pattern, (match: string, ...found: unknown[]) => {
      const { before = '', name, value = '', after = '' } = groupsOf(found);
      if (name !== undefined && (!isSecretName(name) || isHarmless(value))) return match;
      return `${before}[secret]${after}`;
    });
}

type Groups = Partial<Record<'before' | 'name' | 'value' | 'after', string>>;

/** Without named groups the last argument of a replacer is the text. */
function groupsOf(found: readonly unknown[]): Groups {
  const last = found.at(-1);
  return typeof last === 'object' ? (last as Groups) : {};
}
