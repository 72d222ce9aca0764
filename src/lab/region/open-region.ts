/** Opens a region: installs its first machines, or takes up the machines that are on disk. */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeMachine, perform, reopenMachines } from './lifecycle';
import type { RegionState } from './model';
import { Region, type RegionParts } from './region';

/** Removes what a lab that was killed had begun to copy: folders of no machine and no image. */
export function removeStrays(dir: string, regions: readonly RegionState[]): void {
  const known = {
    machines: regions.flatMap(({ instances }) => Object.keys(instances)),
    images: regions.flatMap(({ images }) => Object.keys(images)),
  };
  for (const [kind, ids] of Object.entries(known)) {
    const folder = join(dir, kind);
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) {
      if (!ids.includes(name)) {
        rmSync(join(folder, name), { recursive: true, force: true });
      }
    }
  }
}

/** Opens the region of the state; what was to happen by simulated time happens from now on. */
export function openRegion(state: RegionState, parts: RegionParts): Region {
  const region = new Region(state, parts);
  const instances = Object.values(state.instances);
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
