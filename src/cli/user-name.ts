/** Who runs the command, where the system knows it. */
import { userInfo } from 'node:os';

/** The name of the account; its number in a container that has no entry for it. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env['USER'] ?? `uid ${String(process.getuid?.() ?? 'unknown')}`;
  }
}
