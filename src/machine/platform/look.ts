/** What a machine is, as far as a restore depends on it: asked in one command, which only reads. */
import { readInit, readOsRelease, type Command } from '../shell/commands';
import { parseOsRelease, type OsRelease } from './os-release';
import { parseInit, type Init } from './init';

/** Programs that some step of a restore needs on the machine. */
const tools = [
  ...['base64', 'curl', 'cut', 'docker', 'findmnt', 'flock', 'getent', 'grep', 'head', 'hostname'],
  ...['mktemp', 'readlink', 'sed', 'setsid', 'sha256sum', 'sort', 'sync', 'timeout'],
] as const;

/** Prints init system, release files, Docker's version and each program that is missing. */
export const lookAtPlatform: Command = {
  readsOnly: true,
  name: 'the look at what the machine is',
  script: [
    `echo "init $(${readInit.script})"`,
    `{ ${readOsRelease.script}; } | head -c 2000 | sed 's/^/release /'`,
    'echo',
    'echo "docker $(timeout 20 docker --version 2>/dev/null)"',
    `for tool in ${tools.join(' ')}; do`,
    '  command -v "$tool" >/dev/null || echo "lacks $tool"',
    'done',
  ].join('\n'),
  args: [],
  timeoutSeconds: 45,
};

/** What the machine is made of. */
export interface Platform {
  readonly init?: Init;
  readonly os: OsRelease;
  /** `17.12.1`. */
  readonly docker?: string;
  /** Programs that are not there. */
  readonly lacks: readonly string[];
}

/** Reads what `lookAtPlatform` printed. Never throws. */
export function parsePlatform(text: string): Platform {
  const lines = text.split('\n').map((line) => line.trim());
  const after = (word: string): string[] =>
    lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []));
  return {
    init: parseInit(after('init')[0] ?? ''),
    os: parseOsRelease(after('release').join('\n')),
    docker: /(?<!\d)(\d{1,6}\.\d+(?:\.\d+)?)/.exec(after('docker')[0] ?? '')?.[1],
    lacks: after('lacks'),
  };
}
