/**
 * What the app's databases hold: the files that are seen where they work. Over an empty folder each
 * makes an empty database, and the app is none the wiser.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Core } from './core';
import { folderOn } from './mounts';

const postgres = '/data/circle/postgres/9.5/data';
const mongo = '/data/circle/mongo';

const ofCircle: readonly string[] = [
  ...['circle', 'conductor_production', 'contexts_service_production', 'cron_service_production'],
  ...['domain', 'federations', 'permissions', 'vms'],
];

/** Makes what is missing, as the containers do when they start. */
export function layDatabases(core: Core): void {
  const missing = [
    { path: join(folderOn(core, postgres), 'PG_VERSION'), content: '9.5\n' },
    { path: join(folderOn(core, mongo), 'WiredTiger'), content: 'WiredTiger\n' },
  ].filter(({ path }) => !existsSync(path));
  for (const { path, content } of missing) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    core.note('app', `an empty database is made: ${path.slice(path.lastIndexOf('/') + 1)}`);
  }
}

/** PostgreSQL's databases and the next transaction; an empty one has only its own. */
export function postgresOf(core: Core): {
  readonly names: readonly string[];
  readonly next: number;
} {
  const text = read(join(folderOn(core, postgres), 'base/1'));
  const [, next = '731204'] = /^next transaction (\d+)$/m.exec(text) ?? [];
  return text.includes('conductor_production')
    ? { names: ['postgres', ...ofCircle], next: Number(next) }
    : { names: ['postgres', 'circle'], next: 562 };
}

/** MongoDB's collections, and the id of its newest build. */
export function mongoOf(core: Core): { readonly collections: number; readonly newest: string } {
  const isFull = read(join(folderOn(core, mongo), 'collection-0.wt')).includes('circle_ghe.builds');
  if (!isFull) return { collections: 0, newest: 'none' };
  const times = core.state.durable.builds.map(({ startedAt = '' }) => Date.parse(startedAt) || 0);
  const seconds = Math.floor(Math.max(0, ...times) / 1000);
  return { collections: 41, newest: `${seconds.toString(16).padStart(8, '0')}${'0'.repeat(16)}` };
}

function read(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
