/**
 * The recordings on disk. `test/histories/next` holds those of what is not yet released, and may be
 * recorded anew; every other folder bears the name of a release and is frozen: its manifest has the
 * SHA-256 of each file.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { History } from './traits';

/** Where the recordings are. */
export const shelf = join(__dirname, '../histories');
/** The folder of what is not yet released. */
export const next = 'next';

/** One recording. */
export interface Recording {
  readonly folder: string;
  readonly file: string;
  readonly text: string;
  readonly history: History;
}

/** Every recording of these folders, all of them by default. */
export function recordings(folders = foldersOf(shelf), root = shelf): Recording[] {
  return folders.flatMap((folder) =>
    historiesIn(join(root, folder)).map((file) => {
      const text = readFileSync(join(root, folder, file), 'utf8');
      return { folder, file, text, history: JSON.parse(text) as History };
    }),
  );
}

/** The folders of the shelf, sorted. */
export function foldersOf(root: string): string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** Recordings of releases whose runs must end on their own worker, each with the reason. */
export function retired(root = shelf): Readonly<Record<string, string>> {
  const file = join(root, 'retired.json');
  return existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, string>>)
    : {};
}

function historiesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json') && name !== 'manifest.json')
    .sort();
}

/** What differs from the manifests of the releases, one line each. */
export function changedSinceRelease(root: string): string[] {
  return foldersOf(root)
    .filter((folder) => folder !== next)
    .flatMap((folder) => changedIn(join(root, folder)).map((what) => `${folder}/${what}`));
}

function changedIn(folder: string): string[] {
  const manifest = join(folder, 'manifest.json');
  if (!existsSync(manifest)) return ['manifest.json is missing'];
  const frozen = JSON.parse(readFileSync(manifest, 'utf8')) as Readonly<Record<string, string>>;
  const present = historiesIn(folder);
  const missing = Object.keys(frozen).filter((file) => !present.includes(file));
  const added = present.filter((file) => !(file in frozen));
  const changed = present.filter(
    (file) => file in frozen && sha256(join(folder, file)) !== frozen[file],
  );
  return [
    ...missing.map((file) => `${file} is missing`),
    ...added.map((file) => `${file} was added`),
    ...changed.map((file) => `${file} has changed`),
  ];
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/**
 * What tells of the machine that made a recording: paths, identities, secrets; payloads are base64.
 * A Services machine of the lab has a file of root's, too.
 */
export function placesIn(text: string): string[] {
  const payloads = [...text.matchAll(/"data": ?"([^"]+)"/g)].map(([, data = '']) =>
    Buffer.from(data, 'base64').toString('utf8'),
  );
  const own =
    /\/(tmp|home|root(?!\/restic-password)|work)\/\S*|lab-secret|"identity": ?"(?!worker")[^"]*/g;
  return [text, ...payloads].join('\n').match(own) ?? [];
}
