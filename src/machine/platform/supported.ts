/**
 * What a Services machine may be made of: which of it was played through, and what no restore by
 * this product can work with. docs/operate/machines.md has the same in words.
 */
import { dialects, type Choice } from '../dialects/choose';
import type { DialectName } from '../dialects/dialect';
import type { Init } from './init';
import type { Platform } from './look';

/** Distribution and major version with the init system that it comes with. */
const known: readonly (readonly [id: string, version: RegExp, init: Init])[] = [
  ['ubuntu', /^14\.04/, 'upstart'],
  ['ubuntu', /^16\.04/, 'systemd'],
  ['rhel', /^6(\.|$)/, 'upstart'],
  ['rhel', /^7(\.|$)/, 'systemd'],
  ['centos', /^6(\.|$)/, 'upstart'],
  ['centos', /^7(\.|$)/, 'systemd'],
  ['amzn', /^201[4-8]\.\d\d/, 'upstart'],
  ['amzn', /^2(\.0)?$/, 'systemd'],
];

/** What is known of the machine when its platform is judged. */
export interface Seen {
  readonly platform: Platform;
  /** Absent: Replicated was not asked. */
  readonly choice?: Choice;
  readonly replicated?: string;
}

/** What a restore of the machine would meet. */
export interface Verdict {
  /** Why it cannot be restored by this product; empty when it can. */
  readonly cannot: readonly string[];
  /** What is outside of what was played through; a restore goes on. */
  readonly untried: readonly string[];
}

/** Judges a machine before anything depends on it: at its backup, and by the doctor. */
export function judgePlatform({ platform, choice, replicated }: Seen): Verdict {
  const { os, init, docker, lacks } = platform;
  const cannot = [
    os.distribution === undefined
      ? `it runs "${os.name}", and a Services machine runs Debian, Ubuntu, RHEL, CentOS or Amazon Linux`
      : '',
    lacks.length > 0 ? `it lacks ${lacks.join(', ')}: install what is missing` : '',
    docker !== undefined && isBefore(docker, '1.8')
      ? `Docker ${docker} cannot list containers by format: 1.8 or newer is needed`
      : '',
    // What is only unreadable may be a daemon that starts: it is not recorded, and judged no further.
    choice?.kind === 'unknown'
      ? `no command line of Replicated that is known here is understood there (${choice.said})`
      : '',
  ];
  const isKnown = known.some(
    ([id, version, its]) => os.id === id && version.test(os.version) && init === its,
  );
  const untried = [
    isKnown
      ? ''
      : `${os.name}${init === undefined ? '' : ` with ${init}`} was never played through`,
    replicated !== undefined && isBefore(replicated, '2.0')
      ? `Replicated ${replicated} is older than any that was played through`
      : '',
  ];
  return { cannot: cannot.filter(Boolean), untried: untried.filter(Boolean) };
}

/** Whether a version is older than another; both are numbers with dots. */
export function isBefore(version: string, other: string): boolean {
  const [one, two] = [version, other].map((text) => text.split('.').map(Number));
  const length = Math.max(one?.length ?? 0, two?.length ?? 0);
  for (let part = 0; part < length; part++) {
    const difference = (one?.[part] ?? 0) - (two?.[part] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** What of the platform a backup records. Every field is absent where nothing told it. */
export interface PlatformRecord {
  readonly os?: string;
  readonly init?: Init;
  /** How Replicated is spoken to. */
  readonly cli?: DialectName;
  readonly docker?: string;
  /** What the app calls its own version. */
  readonly server?: string;
  /** Why this product cannot restore the machine. */
  readonly cannot?: string;
}

/** One line for plan, report and doctor. */
export function describePlatform(
  { os, init, docker, server, cli }: PlatformRecord,
  replicated: string | undefined,
): string {
  const parts = [
    os,
    init,
    docker && `Docker ${docker}`,
    replicated && `Replicated ${replicated}`,
    cli && `spoken to by ${dialects[cli].title}`,
    server && `CircleCI Server ${server}`,
  ];
  return parts.filter(Boolean).join(', ') || 'unknown';
}
