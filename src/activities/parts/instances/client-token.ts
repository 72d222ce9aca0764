/** The ClientToken of a call that EC2 must not carry out twice. */
import { createHash } from 'node:crypto';

/** At most 64 ASCII characters; the same parts give the same token. */
export function clientTokenOf(...parts: readonly (string | number)[]): string {
  const text = parts.map(String).join('\n');
  return `runbook-${createHash('sha256').update(text).digest('hex').slice(0, 48)}`;
}
