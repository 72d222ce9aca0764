/** The control API's part about storage: NFS exports, and volumes that a person attaches. */
import { z } from 'zod';
import { makeExport } from './exports';
import { newId } from './region/ids';
import type { Region } from './region/region';
import type { LabJournal } from './shapes';
import type { WorldState } from './world-state';

const newVolume = z.strictObject({
  device: z.string().startsWith('/dev/sd'),
  size: z.int().min(1),
});
const nfsExport = z.strictObject({
  source: z.string().regex(/^[^/]+:\//),
  reachable: z.boolean().default(true),
});

/** A volume of its own is attached to the machine, as by hand in the console. */
export function attachVolume(
  region: Region | undefined,
  instanceId: string,
  body: unknown,
): object {
  if (region === undefined) throw new Error(`There is no machine ${instanceId}.`);
  const { device, size } = newVolume.parse(body);
  const volume = {
    ...{ id: newId('vol'), instanceId, device, size, type: 'gp2', snapshotId: '' },
    // Attached by hand, a volume outlives its machine; images remember that.
    ...{ deleteOnTermination: false, createdAt: region.now(), tags: {} },
  };
  region.state.volumes[volume.id] = volume;
  region.save();
  return { volumeId: volume.id };
}

interface Place {
  readonly dir: string;
  readonly world: WorldState;
  readonly journal: LabJournal;
}

/** An NFS export appears, or its server stops to answer. */
export function setExport({ dir, world, journal }: Place, body: unknown): object {
  const { source, reachable } = nfsExport.parse(body);
  world.exports[source] = { reachable };
  journal.write({ kind: 'control', text: `${source} ${reachable ? 'answers' : 'is silent'}` });
  return { folder: makeExport(dir, source) };
}
