/** Which family of Linux the machine runs; it decides where Replicated keeps its address files. */

/** A distribution family that CircleCI Server 2.x is installed on. */
export type Distribution = 'debian' | 'rhel';

/** What /etc/os-release says. */
export interface OsRelease {
  /** Absent for a family that no Services machine has. */
  readonly distribution?: Distribution;
  /** `Ubuntu 16.04.7 LTS`. */
  readonly name: string;
}

const families: readonly (readonly [Distribution, readonly string[]])[] = [
  ['debian', ['debian', 'ubuntu']],
  ['rhel', ['rhel', 'centos', 'rocky', 'fedora']],
];

/** Reads /etc/os-release; a derivative counts as what its `ID_LIKE` says. */
export function parseOsRelease(text: string): OsRelease {
  const ids = `${valueOf('ID', text)} ${valueOf('ID_LIKE', text)}`.toLowerCase().split(/\s+/);
  const family = families.find(([, members]) => members.some((member) => ids.includes(member)));
  return {
    distribution: family?.[0],
    name: valueOf('PRETTY_NAME', text) || valueOf('NAME', text) || 'unknown system',
  };
}

function valueOf(key: string, text: string): string {
  const value = new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  return value.replace(/^(["'])(.*)\1$/, '$2');
}
