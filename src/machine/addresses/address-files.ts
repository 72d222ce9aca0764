/**
 * Where Replicated's two address files lie. Its installer chooses the folder by init system and by
 * which folders exist, not by distribution: without systemd always /etc/default; with systemd
 * /etc/sysconfig if that exists, else /etc/default (replicated-installer, system.sh). What its units
 * name is the strongest sign; a folder of a file's name, as a support bundle leaves it, is no file.
 */
import type { Command } from '../shell/commands';

/** Which of Replicated's programs reads a file; the user interface reads the daemon's. */
export type Reader = 'daemon' | 'operator';

/** The address files of one machine. */
export interface AddressFiles {
  /** Regular files that are to be rewritten, each once, those that Replicated reads first. */
  readonly daemon: readonly string[];
  readonly operator: readonly string[];
  /** Those that Replicated reads when it starts. */
  readonly read: readonly string[];
  /** Files that a unit needs and that are no files; the unit does not start without. */
  readonly missing: readonly { readonly path: string; readonly unit: string }[];
  /** Every place that was looked at, and what is there. */
  readonly looked: string;
}

const units = ['replicated', 'replicated-ui', 'replicated-operator'] as const;
// In the order in which systemd takes them: the first one hides the others.
const unitFolders = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
] as const;
const folders = ['/etc/default', '/etc/sysconfig'] as const;
const names: Readonly<Record<Reader, string>> = {
  daemon: 'replicated',
  operator: 'replicated-operator',
};

const unitFiles = unitFolders.flatMap((folder) =>
  units.flatMap((unit) => [`${folder}/${unit}.service`, `${folder}/${unit}.service.d/*.conf`]),
);
const jobFiles = units.flatMap((unit) => [`/etc/init/${unit}.conf`, `/etc/init.d/${unit}`]);

/**
 * Prints what stands at each place, a line each: `init systemd`, `folder PATH`, `unit PATH:TEXT`,
 * and for each candidate `file PATH REALPATH`, `directory PATH`, `dangling PATH` or `absent PATH`.
 */
export const lookForAddressFiles: Command = {
  readsOnly: true,
  name: 'the search for the address files',
  script: [
    'see() {',
    '  if [ -f "$1" ]; then echo "file $1 $(readlink -f "$1")"',
    '  elif [ -d "$1" ]; then echo "directory $1"',
    '  elif [ -L "$1" ]; then echo "dangling $1"',
    '  else echo "absent $1"; fi',
    '}',
    'if [ -d /run/systemd/system ]; then',
    '  echo init systemd',
    `  said=$(grep -sE '^[[:space:]]*EnvironmentFile=' ${unitFiles.join(' ')} /dev/null)`,
    'else',
    '  echo init other',
    `  said=$(grep -soE '(^|[[:space:]])(\\.|source)[[:space:]]+/[^[:space:];"]+' ${jobFiles.join(' ')} /dev/null)`,
    'fi',
    `for folder in ${folders.join(' ')}; do`,
    '  if [ -d "$folder" ]; then echo "folder $folder"; fi',
    `  for name in ${Object.values(names).join(' ')}; do see "$folder/$name"; done`,
    'done',
    'if [ -n "$said" ]; then echo "$said" | sed "s/^/unit /"; fi',
    // Units may name files elsewhere.
    `for path in $(echo "$said" | sed -n 's#^[^:]*:.*[=[:space:]]-\\{0,1\\}"\\{0,1\\}\\(/[^"]*\\)"\\{0,1\\}$#\\1#p' | sort -u); do`,
    '  see "$path"',
    'done',
  ].join('\n'),
  args: [],
  timeoutSeconds: 30,
};

interface Seen {
  readonly isSystemd: boolean;
  readonly hasSysconfig: boolean;
  /** What is at each path, in the order in which it was looked at. */
  readonly kinds: ReadonlyMap<string, string>;
  /** The file itself, by the path that leads to it. */
  readonly real: ReadonlyMap<string, string>;
  /** Lines of unit files: path of the unit file, what it names, whether the unit needs it. */
  readonly said: readonly {
    readonly from: string;
    readonly path: string;
    readonly must: boolean;
  }[];
}

/** Where the installer puts the files; by hand each that exists is changed. */
export const usualPlaces: readonly string[] = folders.flatMap((folder) =>
  Object.values(names).map((name) => `${folder}/${name}`),
);

/** Reads what {@link lookForAddressFiles} prints. */
export function parseAddressFiles(output: string): AddressFiles {
  const seen = see(output.split('\n'));
  const daemon = filesOf('daemon', seen);
  const operator = filesOf('operator', seen);
  return {
    daemon: daemon.paths,
    operator: operator.paths,
    read: [...new Set([...daemon.read, ...operator.read])],
    missing: [...daemon.missing, ...operator.missing],
    looked: [...seen.kinds].map(([path, kind]) => `${path} is ${words[kind] ?? kind}`).join(', '),
  };
}

/** All files of both readers, each once. */
export function allPaths({ daemon, operator }: AddressFiles): readonly string[] {
  return [...new Set([...daemon, ...operator])];
}

const words: Readonly<Record<string, string>> = {
  file: 'a file',
  directory: 'a folder',
  dangling: 'a link that leads nowhere',
  absent: 'not there',
};

function see(lines: readonly string[]): Seen {
  const kinds = new Map<string, string>();
  const real = new Map<string, string>();
  const said: { from: string; path: string; must: boolean }[] = [];
  for (const line of lines) {
    const [, kind, path, target] =
      /^(file|directory|dangling|absent) (\S+)(?: (\S+))?$/.exec(line) ?? [];
    if (kind !== undefined && path !== undefined) {
      kinds.set(path, kind);
      real.set(path, target ?? path);
    }
    // eslint-disable-next-line redos/no-vulnerable -- one short line: no more is looked at
    const unit = /^unit ([^:]+):(?:.*[=\s])?(-?)"?(\/[^"\s]*)?"?\s*$/.exec(line.slice(0, 2000));
    if (unit) said.push({ from: unit[1] ?? '', path: unit[3] ?? '', must: unit[2] === '' });
  }
  return {
    isSystemd: lines.includes('init systemd'),
    hasSysconfig: lines.includes('folder /etc/sysconfig'),
    kinds,
    real,
    said,
  };
}

function filesOf(
  reader: Reader,
  seen: Seen,
): Pick<AddressFiles, 'read' | 'missing'> & {
  readonly paths: readonly string[];
} {
  const isFile = (path: string): boolean => seen.kinds.get(path) === 'file';
  const usual = folders.map((folder) => `${folder}/${names[reader]}`);
  const named = namedFor(reader, seen);
  const present = usual.filter(isFile);
  const likely = present.find((path) => path.startsWith(chosenFolder(seen))) ?? present[0];
  const readable = named.filter(({ path }) => isFile(path)).map(({ path }) => path);
  const read = readable.length > 0 ? readable : likely === undefined ? [] : [likely];
  const missing = named.filter(({ path, must }) => must && !isFile(path));
  return { paths: once([...read, ...present], seen), read, missing };
}

/** What the reader's units name, other than files that have nothing to do with addresses. */
function namedFor(reader: Reader, { said, isSystemd }: Seen) {
  const own = reader === 'operator' ? ['replicated-operator'] : ['replicated', 'replicated-ui'];
  return own.flatMap((unit) => {
    const ofUnit = said.filter(({ from }) => from.split('/').some((part) => isPartOf(unit, part)));
    const mains = ofUnit.filter(({ from }) => !from.includes('.service.d/'));
    const dropIns = ofUnit.filter(({ from }) => from.includes('.service.d/'));
    // Of several unit files of one name systemd takes the first; a job and a script are one program.
    const lines = [
      ...mains.filter(({ from }) => !isSystemd || from === mains[0]?.from),
      ...dropIns,
    ];
    // An empty assignment takes back what came before it.
    const reset = lines.findLastIndex(({ path }) => path === '');
    return lines
      .slice(reset + 1)
      .filter(({ path }) => /\/replicated(?:-operator)?(?:[.-][\w.-]*)?$/.test(path))
      .map(({ path, must }) => ({ path, must: must && isSystemd, unit }));
  });
}

function isPartOf(unit: string, name: string): boolean {
  return [unit, `${unit}.service`, `${unit}.service.d`, `${unit}.conf`].includes(name);
}

function chosenFolder({ isSystemd, hasSysconfig }: Seen): string {
  return `${isSystemd && hasSysconfig ? '/etc/sysconfig' : '/etc/default'}/`;
}

/** Two names of one file, such as a link from folder to folder, are one file. */
function once(paths: readonly string[], { real }: Seen): readonly string[] {
  const first = new Map<string, string>();
  for (const path of paths) {
    const target = real.get(path) ?? path;
    if (!first.has(target)) first.set(target, path);
  }
  return [...first.values()];
}
