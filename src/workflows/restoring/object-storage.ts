/** The lines about the object storage, in a backup and in a restore. Without `objectStorage` in
 * the configuration there are none. */
import { prose } from '../../contract/markdown';
import { workflowInfo } from '@temporalio/workflow';
import type { Machine, RestorePlan } from '../../contract/plan';
import type { RestoreRequest } from '../../contract/requests';
import { notHeld } from '../../machine/backups/not-held';
import type { ObjectStorage } from '../../machine/storage/object-storage';
import * as acts from '../frame/acts';
import { FactGates, untilSeen, type FactGate } from '../frame/fact-gates';
import type { Run } from '../frame/runbook';
import { perform } from '../frame/perform';

const backingUp = 'Back up the object storage';
const mounting = 'Mount the object storage';

/** Backs up what the image does not hold, and tags the image with where it is. */
export async function backUpObjectStorage(
  run: Run,
  machine: Machine,
  imageId: string,
): Promise<void> {
  const { objects, region } = run.settings;
  if (objects === undefined) return;
  if (machine.hostKeys.length === 0) {
    run.notNeeded(
      backingUp,
      'NOT done: no host key is trusted, so nothing is asked of the machine',
    );
    run.findings.notes.push(
      'The object storage was not looked at: no host key is trusted.',
      ...notHeldObjects(objects),
    );
    return;
  }
  const id = workflowInfo().firstExecutionRunId;
  const input = { machine, region, imageId, objects, id };
  let isHeld = false;
  try {
    const backedUp = await run.step(backingUp, acts.backUpObjects, input);
    isHeld = backedUp?.isHeld === true;
    run.findings.notes.push(...(backedUp?.warnings ?? []));
  } finally {
    // Also the report of a run that ends here names an image that lacks them.
    if (!isHeld) run.findings.notes.push(...notHeldObjects(objects));
  }
}

function notHeldObjects({ kind }: ObjectStorage): string[] {
  return notHeld({ objectStorage: kind });
}

interface Restored {
  /** The machine as it is by now. */
  readonly place: { readonly machine: Machine };
  readonly plan: RestorePlan;
  readonly request: RestoreRequest;
}

interface FolderFacts {
  readonly isEmpty: boolean;
}

/**
 * Mounts the objects where they were, and fills an empty folder when a person approves. On a silent
 * machine Replicated cannot be asked: `confirmObjectStorage` does once it runs.
 */
export async function mountObjectStorage(
  run: Run,
  { place, plan, request, isSilent }: Restored & { readonly isSilent: boolean },
): Promise<void> {
  const { objects, region } = run.settings;
  if (objects === undefined) return;
  const recorded = plan.objects;
  const folder = objects.kind === 's3' ? undefined : objects;
  const restic = folder?.restic;
  const canBeFilled = restic !== undefined && recorded?.restic !== undefined;
  const acknowledged = request.acknowledge.includes('object-storage');
  const input = () => {
    const { machine } = place;
    return { machine, region, objects, recorded, acknowledged, canBeFilled, isSilent };
  };
  let first: FolderFacts = { isEmpty: false };
  if (folder === undefined && isSilent) {
    run.later(
      mounting,
      'there is nothing to mount; the app says which bucket it uses once it is up',
    );
  } else {
    first = await run.step(mounting, acts.mountObjects, input);
  }
  run.findings.notes.push(...aboutFstab(objects, recorded));

  const whyNot = ({ isEmpty }: FolderFacts): string | undefined => {
    if (!canBeFilled) return 'no restic snapshot is known';
    return isEmpty || request.restoreObjects === true ? undefined : 'the files are there';
  };
  const gate = toRestoreObjects(plan, place, whyNot);
  const how = run.how('Is the folder as it was?');
  const look = (): Promise<FolderFacts> =>
    untilSeen(run, 'Look at the object storage again', () =>
      perform(acts.mountObjects, input(), how),
    );
  const facts = await new FactGates<FolderFacts>(run, [gate], look).stand(first);
  const why = whyNot(facts);
  if (why !== undefined || !folder || !restic || !recorded) {
    run.notNeeded('Restore the objects', why ?? 'no restic is configured');
    return;
  }
  const id = workflowInfo().firstExecutionRunId;
  await run.step('Restore the objects', acts.restoreObjects, () => ({
    machine: place.machine,
    region,
    objects: folder,
    restic,
    recorded,
    isSilent,
    id,
  }));
}

function toRestoreObjects(
  { objects: recorded, record }: RestorePlan,
  place: Restored['place'],
  whyNot: (facts: FolderFacts) => string | undefined,
): FactGate<FolderFacts> {
  const path = recorded?.leadsTo ?? recorded?.path ?? '';
  return {
    title: 'Approve restoring the objects',
    about: (facts) => ({
      name: 'objects',
      details: prose`${path} on ${place.machine.instanceId} is ${
        facts.isEmpty ? prose`**empty**` : 'not empty'
      }. restic
        is to restore its snapshot **${recorded?.restic?.snapshot.slice(0, 8) ?? ''}** from
        ${recorded?.restic?.repository ?? ''} there, as it was at ${record?.takenAt ?? 'the backup'}.
        Files of the same name are overwritten; no others are touched. The app starts only afterwards.`,
      notNeeded: whyNot(facts),
    }),
    differs: (approved, now) =>
      approved.isEmpty && !now.isEmpty
        ? [
            prose`**The folder is not empty any more**: files of the same name would be overwritten.`,
          ]
        : [],
  };
}

/** What Replicated says of the objects, once it runs: they are mounted by then. */
export async function confirmObjectStorage(
  run: Run,
  { place, plan, request }: Restored,
): Promise<void> {
  const { objects, region } = run.settings;
  if (objects === undefined) return;
  const known = { region, objects, recorded: plan.objects, isSilent: false };
  const acknowledged = request.acknowledge.includes('object-storage');
  await run.step(mounting, acts.mountObjects, () => {
    const { machine } = place;
    return { ...known, machine, acknowledged, canBeFilled: false };
  });
}

/** The image brings its own /etc/fstab, which is obeyed at the next boot. */
export function aboutFstab(
  objects: ObjectStorage,
  recorded: RestorePlan['objects'] | undefined,
): string[] {
  if (objects.kind !== 'nfs' || recorded?.mount === undefined) return [];
  const { fstab, target } = recorded.mount;
  if (fstab?.split(/\s+/)[0] === objects.source) return [];
  const found = fstab === undefined ? 'has no line for it' : `says "${fstab}"`;
  return [
    `The objects are mounted from ${objects.source} at ${target} until the next boot; /etc/fstab of the ` +
      `machine ${found}. Put the line there that mounts it.`,
  ];
}
