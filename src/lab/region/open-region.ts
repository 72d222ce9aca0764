/** Opens a region: installs its first machines, or takes up the machines that are on disk. */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeMachine, perform, reopenMachines } from './lifecycle';
import type { RegionState } from './model';
import { Region, type RegionParts } from './region';

/** Removes what a lab that was killed had begun to copy. */
function removeStrays(dir: string, kind: 'machines' | 'images', known: readonly string[]): void {
  const folder = join(dir, kind);
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    if (!known.includes(name)) {
      rmSync(join(folder, name), { recursive: true, force: true });
    }
  }
}

/** Opens the region of the state; what was to happen by simulated time happens from now on. */
export function openRegion(state: RegionState, parts: RegionParts): Region {
  const region = new Region(state, parts);
  const instances = Object.values(state.instances);
  removeStrays(
    parts.dir,
    'machines',
    instances.map(({ id }) => id),
  );
  removeStrays(parts.dir, 'images', Object.keys(state.images));
  const missing = instances.filter(
    ({ id, state: is }) => is !== 'terminated' && !existsSync(region.machineFolder(id)),
  );
  reopenMachines(
    region,
    instances.filter((instance) => !missing.includes(instance)),
  );
  for (const instance of missing) {
    const image = state.images[instance.imageId];
    if (image !== undefined) {
      makeMachine(region, instance, image);
    }
  }
  region.start((due) => {
    perform(region, due);
  });
  return region;
}
