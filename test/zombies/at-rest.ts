/** Everything that is in the lab's world, once nothing in it moves by itself. */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../../src/lab/compose';
import { writes } from '../../src/lab/region/actions';
import type { LabEvent } from '../../src/lab/shapes';

/** Each thing by its name, as text. */
export type Seen = Readonly<Record<string, string>>;

/** The fence's own marks: a look from late moves them no more than anybody's. */
const marks = /\/var\/lib\/circleci-server-runbook\/[^/]+\/[^/]+\.(fence|lock|new|by)$/;

function filesUnder(folder: string, into: Record<string, string>): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (marks.test(path) || path.endsWith('/running.json')) continue;
    if (entry.isDirectory()) filesUnder(path, into);
    else if (entry.isSymbolicLink()) into[path] = `to ${readlinkSync(path)}`;
    else if (entry.isFile()) {
      const hash = createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16);
      into[path] = `${(lstatSync(path).mode & 0o7777).toString(8)} ${hash}`;
    }
  }
}

interface Described {
  readonly instances: readonly { readonly state: string }[];
  readonly images: readonly { readonly state: string }[];
  readonly machines: Readonly<Record<string, { readonly app: { readonly transition?: unknown } }>>;
}

async function look(lab: Lab, dir: string): Promise<{ seen: Seen; isMoving: boolean }> {
  const response = await fetch(`${lab.controlUrl}/world`);
  const world = (await response.json()) as Described & Record<string, unknown>;
  const seen: Record<string, string> = {};
  for (const [kind, things] of Object.entries(world)) {
    if (kind === 'now') continue;
    for (const [key, thing] of Object.entries(things as object)) {
      seen[`${kind} ${(thing as { id?: string } | null)?.id ?? key}`] = JSON.stringify(thing);
    }
  }
  for (const [id, machine] of lab.regions.all.flatMap((region) => [...region.machines])) {
    const { state } = machine as unknown as { state: { volatile: { mounted: unknown } } };
    seen[`mounts of ${id}`] = JSON.stringify(state.volatile.mounted);
  }
  for (const name of ['machines', 'exports', 'reports']) {
    try {
      filesUnder(join(dir, name), seen);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  const between = ['pending', 'stopping', 'shutting-down'];
  const isMoving = [...world.instances, ...world.images].some(({ state }) =>
    between.includes(state),
  );
  return { seen, isMoving };
}

/** Waits until two looks see the same. */
export async function worldAtRest(lab: Lab, dir: string): Promise<Seen> {
  let last: Seen | undefined;
  for (let looks = 0; looks < 300; looks += 1) {
    const { seen, isMoving } = await look(lab, dir);
    if (!isMoving && last !== undefined && difference(last, seen).length === 0) return seen;
    last = isMoving ? undefined : seen;
    await sleep(100);
  }
  throw new Error('the world does not come to rest');
}

/** What differs, each thing with both states. */
export function difference(before: Seen, after: Seen): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => `${name}: ${before[name] ?? 'not there'} → ${after[name] ?? 'not there'}`);
}

/** Of what happened: what only somebody who changes something brings about. */
export function effectsIn(events: readonly LabEvent[]): readonly string[] {
  return events
    .filter(({ kind, data }) =>
      kind === 'ec2'
        ? writes.has(String(data?.['action']))
        : ['app', 'unit', 'boot'].includes(kind),
    )
    .map(({ kind, machine, text }) => `${kind} ${machine ?? ''} ${text}`);
}
