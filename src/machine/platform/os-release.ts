/** Which Linux the machine runs; its family decides what a cloud image of it brings along. */

/** A distribution family that CircleCI Server 2.x is installed on. */
export type Distribution = 'debian' | 'rhel';

/** What the machine says of its system. */
export interface OsRelease {
  /** Absent for a family that no Services machine has. */
  readonly distribution?: Distribution;
  /** `ubuntu`, `centos`, `rhel`, `amzn` …; empty when it does not say. */
  readonly id: string;
  /** `16.04`, `6.10`, `2018.03`; empty when it does not say. */
  readonly version: string;
  /** `Ubuntu 16.04.7 LTS`. */
  readonly name: string;
}

const families: readonly (readonly [Distribution, readonly string[]])[] = [
  ['debian', ['debian', 'ubuntu']],
  ['rhel', ['rhel', 'centos', 'rocky', 'fedora', 'amzn', 'ol']],
];

/** Reads a release file of any kind; a derivative counts as what its `ID_LIKE` says. */
export function parseOsRelease(text: string): OsRelease {
  const id = valueOf('ID', text).toLowerCase();
  if (id === '') return parseReleaseLine(text.trim().split('\n')[0] ?? '');
  const ids = [id, ...valueOf('ID_LIKE', text).toLowerCase().split(/\s+/)];
  const family = families.find(([, members]) => members.some((member) => ids.includes(member)));
  return {
    distribution: family?.[0],
    id,
    version: valueOf('VERSION_ID', text),
    name: valueOf('PRETTY_NAME', text) || valueOf('NAME', text) || 'unknown system',
  };
}

const vendors: readonly (readonly [RegExp, string, Distribution])[] = [
  [/^centos\b/i, 'centos', 'rhel'],
  [/^red hat\b/i, 'rhel', 'rhel'],
  [/^amazon linux\b/i, 'amzn', 'rhel'],
  [/^oracle linux\b/i, 'ol', 'rhel'],
];

/** `CentOS release 6.10 (Final)`, or a version alone, as /etc/debian_version has it. */
function parseReleaseLine(line: string): OsRelease {
  if (/^(\d+(\.\d+)*|[a-z]+\/sid)$/.test(line)) {
    return { distribution: 'debian', id: 'debian', version: line, name: `Debian ${line}` };
  }
  const [, id = '', distribution] = vendors.find(([pattern]) => pattern.test(line)) ?? [];
  return {
    distribution,
    id,
    version: /\brelease ([\d.]+)/i.exec(line)?.[1] ?? /\s(\d[\d.]*)/.exec(line)?.[1] ?? '',
    name: /^$|^\w+=/.test(line) ? 'unknown system' : line.slice(0, 100),
  };
}

function valueOf(key: string, text: string): string {
  const value = new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  return value.replace(/^(["'])(.*)\1$/, '$2');
}
