/** What a lab keeps on disk beside its machines: the time, the DNS zone, the fleet, the region. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { regionState } from './region/model';
import { seedElsewhere, seedRegion, seeded } from './region/seed';

const worldState = z.object({
  /** Simulated time when this was written. */
  now: z.number(),
  dns: z.record(z.string(), z.string()),
  nomadClients: z.array(z.object({ id: z.string(), serverAddress: z.string() })),
  /** NFS exports, and whether their server answers. */
  exports: z.record(z.string(), z.object({ reachable: z.boolean() })).default({}),
  /** The first one is where the Services machine runs. */
  regions: z.tuple([regionState], regionState),
});

export type WorldState = z.infer<typeof worldState>;

const fileName = 'world.json';

/** Reads the world of the folder, or makes a new one. */
export function loadWorld(dir: string): WorldState {
  const path = join(dir, fileName);
  if (existsSync(path)) {
    return worldState.parse(JSON.parse(readFileSync(path, 'utf8')));
  }
  // Without that file nothing else counts: an earlier start was killed while it installed.
  rmSync(join(dir, 'machines'), { recursive: true, force: true });
  const now = Date.now();
  return {
    now,
    dns: { [seeded.hostname]: seeded.publicAddress },
    nomadClients: [
      { id: 'a1b2c3d4', serverAddress: seeded.privateAddress },
      { id: 'e5f60718', serverAddress: seeded.privateAddress },
    ],
    exports: {},
    regions: [seedRegion(now), seedElsewhere(now)],
  };
}

/** Writes the world in one rename: a lab that is killed leaves the old state or the new one. */
export function saveWorld(dir: string, world: WorldState): void {
  const path = join(dir, fileName);
  writeFileSync(`${path}.part`, JSON.stringify(world, undefined, 1));
  renameSync(`${path}.part`, path);
}
