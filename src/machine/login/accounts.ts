/**
 * When the accounts end that a login needs: the SSH user, and root, whose own sudo `replicatedctl`
 * calls. PAM refuses both a password that is past its age and an account that has expired, also
 * where people log in by key.
 */
import type { Command } from '../shell/commands';

/**
 * Prints for the user who called sudo and for root, a line each: name, and of /etc/shadow the day
 * of the last change, the longest age, and the day on which the account expires. No password.
 */
export const readAccountAges: Command = {
  readsOnly: true,
  name: 'the look at the accounts',
  script:
    'for user in "${SUDO_USER:-root}" root; do getent shadow "$user" | cut -d: -f1,3,5,8; done | sort -u',
  args: [],
  timeoutSeconds: 30,
};

/** An account, or its password, that ends at a day. */
export interface AccountEnd {
  readonly user: string;
  readonly what: 'password' | 'account';
  /** `2027-01-31`. */
  readonly on: string;
}

// What distributions set for "never" is 99999 days; a hundred years are as good.
const neverDays = 36_500;

/** Reads what `readAccountAges` prints; what never ends is not in it. */
export function accountEnds(text: string): AccountEnd[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [user = '', changed = '', longest = '', expires = ''] = line.trim().split(':');
    if (user === '') return [];
    const ends: AccountEnd[] = [];
    const age = daysOf(longest);
    const last = daysOf(changed);
    if (age !== undefined && last !== undefined && age < neverDays) {
      ends.push({ user, what: 'password', on: dayOf(last + age) });
    }
    const end = daysOf(expires);
    if (end !== undefined) ends.push({ user, what: 'account', on: dayOf(end) });
    return ends;
  });
}

function daysOf(text: string): number | undefined {
  return /^\d{1,7}$/.test(text) ? Number(text) : undefined;
}

function dayOf(days: number): string {
  return new Date(days * 86_400_000).toISOString().slice(0, 10);
}
