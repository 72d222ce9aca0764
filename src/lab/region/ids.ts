/** Ids as EC2 makes them: a prefix and 17 hexadecimal digits. */
import { randomBytes } from 'node:crypto';

/** Makes a new id, e.g. `i-0f3c…`. */
export function newId(prefix: string): string {
  return `${prefix}-0${randomBytes(8).toString('hex')}`;
}
