/** The control API's part about storage: NFS exports, and volumes that a person attaches. */
import { z } from 'zod';
import { modelOf } from './appliance/model';
import { makeExport } from './exports';
import { addDisk } from './machine/disks';
import { newId } from './region/ids';
import type { Region } from './region/region';
import type { LabJournal } from './shapes';
import type { WorldState } from './world-state';

const newVolume = z.strictObject({
  device: z.string().regex(/^\/dev\/sd[b-z]$/),
  size: z.int().min(1),
  /** Of its file system; made up where nothing is said. */
  uuid: z.string().optional(),
  label: z.string().optional(),
  fstype: z.string().optional(),
  /** A folder of the machine whose files move to the volume. */
  holds: z.string().startsWith('/').optional(),
});
const nfsExport = z.strictObject({
  source: z.string().regex(/^[^/]+:\//),
  reachable: z.boolean().default(true),
});

/** A formatted volume is attached to the machine, as by hand; nothing is mounted by that. */
export function attachVolume(
  region: Region | undefined,
  instanceId: string,
  body: unknown,
): object {
  if (region === undefined) throw new Error(`There is no machine ${instanceId}.`);
  const { device, size, ...rest } = newVolume.parse(body);
  const machine = region.machines.get(instanceId);
  if (machine !== undefined) addDisk(modelOf(machine), { device, ...rest });
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
