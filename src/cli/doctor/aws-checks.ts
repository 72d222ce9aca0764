/**
 * The doctor's look at AWS: which machine, and whether the worker's role may do what the runbooks
 * do. A policy may judge by tags, so each dry run asks about what the real call is about, with the
 * tags that it would set.
 */
import { newestFirst } from '../../machine/backups/backups';
import { launchesLike } from '../../machine/launch/launch-settings';
import { decodeRecord } from '../../machine/backups/record-tags';
import type { Image, Instance } from '../../world/ec2';
import type { Finding } from './check';
import { ask, check, unasked } from './check';
import { examineCopies } from './copy-checks';
import { examineLaunches } from './launch-checks';
import type { Patient } from './patient';

/** The machine that a backup would take, or the finding that there is not exactly one. */
export async function findMachine({
  name,
  installation: { servicesMachine },
  ec2,
}: Patient): Promise<Finding | { readonly instance: Instance }> {
  const todo = 'see servicesMachine in the configuration, and the AWS credentials of this shell';
  let instance: Instance | undefined;
  const finding = await check(`${name}: finding the Services machine`, todo, async () => {
    const query =
      'instance' in servicesMachine
        ? { ids: [servicesMachine.instance] }
        : { tags: servicesMachine.tags };
    const found = await ec2.instances(query);
    const running = found.filter(({ state }) => state === 'running');
    if (running.length === 1) instance = running[0];
    const seen = found.map(({ id, state }) => `${id} (${state})`).join(', ') || 'none';
    const what = `${name}: the configuration fits not one running machine; found: ${seen}`;
    return { level: 'FAIL', what, todo };
  });
  return instance ? { instance } : finding;
}

/** Dry runs of every call that changes something, on this machine and what was made of it. */
export async function examinePermissions(
  patient: Patient,
  instance: Instance,
): Promise<readonly Finding[]> {
  const { name, installation } = patient;
  let made: Made = { machines: [] };
  const todo = 'add ec2:DescribeImages and ec2:DescribeInstances to the role of the worker';
  const looked = await check(`${name}: backups and restored machines`, todo, async () => {
    made = await lookAtMade(patient, instance);
    const machines = made.machines.map(({ id }) => id).join(', ') || 'no restored machine';
    return `${made.backup?.id ?? 'no backup yet'}, ${machines}`;
  });
  if (looked.level === 'FAIL') return [looked];
  const questions: (Promise<Finding | readonly Finding[]> | undefined)[] = [
    askSpecs(patient, instance),
    askCreateImage(patient, instance),
    askTagImage(patient, made.backup),
    askRunInstances(patient, instance, made),
    askTagMachine(patient, instance, made.machines),
    'elasticIp' in installation.reachedBy
      ? askAssociateAddress(patient, installation.reachedBy.elasticIp, [instance, made.machines])
      : undefined,
    ...askRemovals(patient, made.backup),
  ];
  const asked = questions.filter((question) => question !== undefined);
  return [
    looked,
    ...(await Promise.all(asked)).flat(),
    ...(await examineCopies(patient, made.backup)),
  ];
}

/** What backups and restores have left in AWS. */
interface Made {
  /** The newest backup from which a machine could be launched. */
  readonly backup?: Image | undefined;
  /** The image that the machine itself was launched from, if it still exists. */
  readonly base?: Image | undefined;
  readonly machines: readonly Instance[];
}

async function lookAtMade({ name, ec2 }: Patient, { imageId }: Instance): Promise<Made> {
  const images = await ec2.images({ tags: tagsOf(name, 'backup') });
  const backups = newestFirst(images).filter(
    ({ state, tags }) => state === 'available' && decodeRecord(tags) !== undefined,
  );
  const machines = await ec2.instances({ tags: tagsOf(name, 'restore') });
  const [base] = backups.length > 0 ? [] : await ec2.images({ ids: [imageId] });
  return {
    backup: backups[0],
    base: base?.state === 'available' ? base : undefined,
    machines: machines.filter(({ state }) => state === 'running'),
  };
}

function tagsOf(name: string, kind: 'backup' | 'restore'): Readonly<Record<string, string>> {
  return { 'runbook:installation': name, 'runbook:kind': kind };
}

function askCreateImage({ name, ec2 }: Patient, { id: instanceId }: Instance): Promise<Finding> {
  const tags = { Name: `${name} backup`, ...tagsOf(name, 'backup'), 'runbook:run': 'doctor' };
  return ask(`${name}: ec2:CreateImage of ${instanceId}`, () =>
    ec2.permitted('CreateImage', { instanceId, tags }),
  );
}

/** Only the sheet needs them, and it is made without. */
async function askSpecs({ name, ec2 }: Patient, { instanceType }: Instance): Promise<Finding> {
  const todo = 'the sheet says "specs unknown"; docs/operate/permissions.md has the action';
  const finding = await check(`${name}: specs of ${instanceType}`, todo, async () => {
    const { vCpus, memoryMib } = (await ec2.specs(instanceType)) ?? {};
    return vCpus === undefined
      ? 'unknown in this region'
      : `${String(vCpus)} vCPU, ${String(memoryMib)} MiB`;
  });
  return finding.level === 'FAIL' ? { ...finding, level: 'warn' } : finding;
}

/** The verdict of a backup's last step; without a backup there is nothing to ask about. */
function askTagImage(
  { name, ec2 }: Patient,
  backup: Image | undefined,
): Promise<Finding> | undefined {
  if (!backup) return undefined;
  return ask(`${name}: ec2:CreateTags on ${backup.id}`, () =>
    ec2.permitted('CreateTags', { ids: [backup.id], tags: { 'runbook:verified': 'yes' } }),
  );
}

async function askRunInstances(
  { name, installation, ec2 }: Patient,
  instance: Instance,
  { backup, base: launchedFrom }: Made,
): Promise<readonly Finding[]> {
  const { launch: configured, servicesMachine } = installation;
  const image = backup ?? launchedFrom;
  if (image === undefined) {
    const why = `there is no backup yet, and ${instance.imageId}, of which ${instance.id} was made, is gone`;
    const later = 'ask again after the first backup';
    return [unasked(`${name}: ec2:RunInstances`, why, later)];
  }
  const base = (backup && decodeRecord(backup.tags)?.launch) ?? {
    ...instance,
    terminationProtection: false,
  };
  const planned = launchesLike(configured, base);
  if (planned === undefined) {
    const todo = 'set launch.instanceType, launch.subnet and launch.securityGroups';
    return [{ level: 'FAIL', what: `${name}: a restore would not know how to launch`, todo }];
  }
  const tags = {
    Name: `${name}_services`,
    ...('tags' in servicesMachine ? servicesMachine.tags : {}),
    ...tagsOf(name, 'restore'),
    'runbook:run': 'doctor',
  };
  const sourceType = instance.instanceType;
  const findings = await examineLaunches({ what: name, ec2, planned, image, sourceType, tags });
  return backup ? findings : findings.map(unlessNarrowed);
}

/** A policy may let only images of this account be launched, and what the machine was made of is none. */
function unlessNarrowed(finding: Finding): Finding {
  if (!finding.what.endsWith(' is denied')) return finding;
  const todo = 'a policy narrowed to images of this account does that; ask again after a backup';
  return { level: 'warn', what: `${finding.what}, but it is no backup`, todo };
}

/** A policy may let a restore touch its own machine only, so a denial about another need not be wrong. */
async function askOfRestored(
  instance: Instance,
  machines: readonly Instance[],
  question: (id: string) => { readonly what: string; readonly permitted: () => Promise<boolean> },
): Promise<Finding> {
  const restored = machines.find(({ id }) => id === instance.id) ?? machines[0];
  const { what, permitted } = question((restored ?? instance).id);
  const finding = await ask(what, permitted);
  if (restored || finding.what !== `${what} is denied`) return finding;
  const todo = 'a policy narrowed to runbook:kind=restore does that; ask again after a rehearsal';
  return { level: 'warn', what: `${what} is denied, but no restore has made it`, todo };
}

function askTagMachine(
  { name, ec2 }: Patient,
  instance: Instance,
  machines: readonly Instance[],
): Promise<Finding> {
  return askOfRestored(instance, machines, (id) => ({
    what: `${name}: ec2:CreateTags on ${id}`,
    permitted: () =>
      ec2.permitted('CreateTags', { ids: [id], tags: { 'runbook:state': 'restoring' } }),
  }));
}

/** Where no backup is ever removed, the role had better not be able to. */
function askRemovals(
  { name, installation, ec2 }: Patient,
  backup: Image | undefined,
): readonly (Promise<Finding> | undefined)[] {
  if (!installation.keep || !backup) return [];
  const [snapshotId] = backup.snapshotIds;
  const ids = [backup.id, ...backup.snapshotIds];
  return [
    ask(`${name}: ec2:CreateTags on ${ids.join(' and ')}`, () =>
      ec2.permitted('CreateTags', { ids, tags: { 'runbook:removing': 'doctor' } }),
    ),
    ask(`${name}: ec2:DeregisterImage of ${backup.id}`, () =>
      ec2.permitted('DeregisterImage', { imageId: backup.id }),
    ),
    snapshotId === undefined
      ? undefined
      : ask(`${name}: ec2:DeleteSnapshot of ${snapshotId}`, () =>
          ec2.permitted('DeleteSnapshot', { snapshotId }),
        ),
  ];
}

function askAssociateAddress(
  { name, ec2 }: Patient,
  allocationId: string,
  candidates: readonly [Instance, readonly Instance[]],
): Promise<Finding> {
  return askOfRestored(...candidates, (instanceId) => ({
    what: `${name}: ec2:AssociateAddress of ${allocationId} with ${instanceId}`,
    permitted: () => ec2.permitted('AssociateAddress', { allocationId, instanceId }),
  }));
}
