/** The runs that leave frozen workers behind: their steps, in the order of the runbooks. */
import type { Machine, RestorePlan } from '../../src/contract/plan';
import type { Report } from '../../src/contract/reports';
import { backupRequest, restoreRequest, type Consistency } from '../../src/contract/requests';
import { seeded } from '../../src/lab/region/seed';
import { placesToMark } from '../../src/machine/proof/marks';
import { recordOf } from '../../src/workflows/backing-up/backup-record';
import { oldAddressesFrom } from '../../src/workflows/restoring/old-addresses';
import { dataOf, mountsOf } from '../../src/workflows/restoring/volumes';
import { control } from '../stories/stage';
import type { OwnRun } from './attempt';
import type { ZombieStage } from './stage';

const installation = 'prod';
const { region } = seeded;

/** The last of a run: its report. */
async function end(
  stage: ZombieStage,
  run: OwnRun,
  { machine, ...more }: Partial<Report> & Pick<Report, 'runbook'> & { readonly machine?: Machine },
): Promise<void> {
  const at = new Date().toISOString();
  const report: Report = {
    ...{ installation, workflowId: run.workflowId, runId: run.runId, status: 'done' },
    ...{ startedAt: at, endedAt: at, summary: 'done', notes: [], leftToDo: [], journal: [] },
    instanceId: machine?.instanceId,
    ...more,
  };
  await stage.step(run, 'recordEnd', { report, region, isTold: true });
}

/** A backup with its copies. */
export async function backUp(
  stage: ZombieStage,
  { name = 'backup', consistency = 'stop-app' }: { name?: string; consistency?: Consistency } = {},
): Promise<void> {
  const run = stage.begin(name);
  const { settings } = await stage.step(run, 'readSettings', { installation });
  await stage.step(run, 'findHolder', { claim: 'restore-prod' });
  await stage.step(run, 'checkClaim', { claim: 'backup-prod' });
  const found = await stage.step(run, 'findMachine', { installation });
  const { machine, volumes } = found;
  await stage.step(run, 'trustHostKey', { machine, recorded: [] });
  const { facts } = await stage.step(run, 'readMachine', { machine });
  await stage.step(run, 'listRunningBuilds', { installation });
  const request = backupRequest.parse({ installation, consistency });
  const takenAt = new Date().toISOString();
  const read = { facts, missing: '' };
  const told = recordOf({ request, found, read, takenAt, run: name, settings });
  const targets = placesToMark(told.volumes ?? { mounts: [], folders: [] });
  const mark = { run: name, takenAt, instanceId: machine.instanceId };
  const { marked } = await stage.step(run, 'markVolumes', { machine, targets, mark });
  const record = { ...told, marks: marked };
  const stops = consistency === 'stop-app';
  if (stops) await stage.step(run, 'stopAppForImage', { machine });
  const ordered = { region, record, id: name, ...(stops ? { stopped: machine } : {}) };
  const { imageId } = await stage.step(run, 'createImage', ordered);
  if (stops) await stage.step(run, 'startAppAgain', { machine, isStopSure: true });
  await stage.step(run, 'awaitImage', { installation, region, imageId });
  await stage.step(run, 'verifyImage', { region, imageId, volumes });
  const { objects } = settings;
  if (objects) {
    await stage.step(run, 'backUpObjects', { machine, region, imageId, objects, id: name });
  }
  const regions = settings.copies;
  const copying = { installation, region, imageId, volumes, regions, generation: 0 };
  await stage.step(run, 'copyImage', copying);
  await end(stage, run, { runbook: 'backup', imageId, machine });
}

/** What differs between two restores. */
interface Restore {
  readonly stage: ZombieStage;
  readonly run: OwnRun;
  readonly plan: RestorePlan;
}

/** A machine launched from the newest backup, known by its host key, with its old addresses. */
async function launch({ stage, run, plan }: Restore) {
  await stage.step(run, 'lookAtOthers', { region: plan.region, others: plan.others });
  const { launch: settings, alternatives, launchBase } = plan;
  const asked = { launch: settings, alternatives, launchBase, installation, region };
  const firstRunId = run.runId;
  await stage.step(run, 'lookAgain', { plan, firstRunId, asked: plan.others });
  await stage.step(run, 'replanLaunch', { kind: 'restore', plan: asked, firstRunId });
  const by = { run: { workflowId: run.workflowId, firstRunId }, generation: 0 };
  const { instanceId } = await stage.step(run, 'launchInstance', { plan, ...by });
  const place = { installation, region, instanceId };
  const running = await stage.step(run, 'awaitInstance', place);
  await stage.step(run, 'moveElasticIp', { plan, instanceId });
  const addresses = await stage.step(run, 'readAddresses', place);
  const stranger: Machine = { ...place, ...running, ...addresses, hostKeys: [] };
  const recorded = plan.hostKeys;
  const { offered } = await stage.step(run, 'trustHostKey', { machine: stranger, recorded });
  const answered = await stage.step(run, 'awaitMachine', {
    machine: { ...stranger, hostKeys: [offered] },
  });
  const { machine, carries } = answered;
  const { old } = oldAddressesFrom(plan, carries, machine);
  return { machine, old, isSealed: answered.isSealed };
}

/** A restore of the newest backup, with everything that a person approves on the way. */
export async function restore(stage: ZombieStage): Promise<void> {
  const run = stage.begin('restore');
  const { settings } = await stage.step(run, 'readSettings', { installation });
  const { hostname } = settings;
  const request = restoreRequest.parse({ installation });
  const planning = { ...request, firstRunId: run.runId };
  const { plan } = await stage.step(run, 'planRestore', planning);
  const { machine, old, isSealed } = await launch({ stage, run, plan });
  const mounts = mountsOf({ machine, record: plan.record, settings, acknowledge: [] });

  const readied = { machine, isReadied: false };
  const stopped = await stage.step(run, 'stopApp', { ...readied, isSealed });
  const { wanting } = await stage.step(run, 'compareMounts', mounts);
  if (wanting.length > 0) {
    const approved = wanting.map(({ command }) => command);
    await stage.step(run, 'mountVolumes', { ...mounts, approved });
  }
  await control(stage.lab, '/dns', { name: hostname, address: machine.publicAddress });
  await stage.step(run, 'lookUpHostname', { machine, hostname });
  await stage.step(run, 'checkDns', { machine, hostname });
  if (!stopped.isSilent) await stage.step(run, 'fixHostname', { machine, hostname });
  await stage.step(run, 'updateIpAddresses', { machine, old });
  const { files } = await stage.step(run, 'findStaleAddresses', { machine, old });
  await stage.step(run, 'mendStaleAddresses', { machine, old, files });
  await stage.step(run, 'wipeNomad', { machine, isReadied: false });
  await bringObjectsBack({ stage, run, plan }, machine, stopped.isSilent);
  await stage.step(run, 'restartReplicated', { machine, old, mounts });
  if (stopped.isSilent) {
    await stage.step(run, 'stopApp', readied);
    await stage.step(run, 'fixHostname', { machine, hostname });
  }
  await stage.step(run, 'restartApp', { machine, mounts });
  const { checks } = await stage.step(run, 'verifyApp', dataOf(mounts, false));
  await end(stage, run, { runbook: 'restore', imageId: plan.imageId, machine, checks });
}

async function bringObjectsBack(
  { stage, run, plan }: Restore,
  machine: Machine,
  isSilent: boolean,
): Promise<void> {
  const { objects } = (await stage.step(run, 'readSettings', { installation })).settings;
  if (objects === undefined || objects.kind === 's3') return;
  const { restic } = objects;
  const recorded = plan.objects;
  const canBeFilled = restic !== undefined && recorded?.restic !== undefined;
  const known = { machine, region, objects, recorded, isSilent };
  await stage.step(run, 'mountObjects', { ...known, acknowledged: false, canBeFilled });
  if (restic === undefined || recorded?.restic === undefined) return;
  const filling = { ...known, objects, restic, recorded, id: run.runId };
  await stage.step(run, 'restoreObjects', filling);
}

/** Deletes records beside everything else. */
export async function cleanUpBuilds(stage: ZombieStage): Promise<void> {
  const run = stage.begin('cleanUpBuilds', 'builds');
  const { machine } = await stage.step(run, 'findMachine', { installation });
  await stage.step(run, 'findUnendingBuilds', { machine, limit: 100 });
  const builds = ['web/1201', 'web/1202'].map(
    (build) => `https://${seeded.hostname}/gh/acme/${build}`,
  );
  await stage.step(run, 'deleteBuilds', { machine, builds });
  await end(stage, run, { runbook: 'cleanUpBuilds', machine });
}

/** Removes the backups that no rule keeps. */
export async function prune(stage: ZombieStage): Promise<void> {
  const run = stage.begin('prune');
  const { backups, strays } = await stage.step(run, 'planPrune', { installation });
  const images = backups
    .filter(({ keep }) => !keep)
    .map(({ id, region: where }) => ({ region: where, imageId: id }));
  expect(images.length).toBeGreaterThan(0);
  const removal = { installation, restoreClaim: 'nobody', run: run.workflowId, images, strays };
  await stage.step(run, 'removeBackups', removal);
  await end(stage, run, { runbook: 'prune' });
}

/** Makes a spare up to its rest; `rest` does that, and retires those before it. */
export async function refreshSpare(
  stage: ZombieStage,
  name: string,
): Promise<{ rest(): Promise<void> }> {
  const run = stage.begin(name);
  const { plan } = await stage.step(run, 'planSpare', { installation });
  const by = { run: { workflowId: name, firstRunId: run.runId }, generation: 0 };
  const { instanceId } = await stage.step(run, 'launchSpare', { plan, ...by });
  const place = { installation, region: plan.region, instanceId };
  const running = await stage.step(run, 'awaitInstance', place);
  const stranger: Machine = { ...place, ...running, hostKeys: [] };
  const recorded = plan.hostKeys;
  const { offered } = await stage.step(run, 'trustHostKey', { machine: stranger, recorded });
  const known = { ...stranger, hostKeys: [offered] };
  const { machine } = await stage.step(run, 'awaitMachine', { machine: known });
  const groups = plan.launch.securityGroupIds;
  await stage.step(run, 'proveSilence', { machine, groups });
  await stage.step(run, 'updateIpAddresses', { machine, old: plan.replaces });
  await stage.step(run, 'wipeNomad', { machine, isReadied: false, isSealed: true });
  return {
    async rest() {
      await stage.step(run, 'restSpare', { plan, machine });
      await stage.step(run, 'retireSpares', { plan, instanceId });
      await end(stage, run, { runbook: 'refreshSpare' });
    },
  };
}

/** Takes the spare over, up to where it runs. */
export async function takeOver(stage: ZombieStage): Promise<void> {
  const run = stage.begin('takeover');
  const request = restoreRequest.parse({ installation, from: 'spare' });
  const planning = { ...request, firstRunId: run.runId };
  const { plan } = await stage.step(run, 'planRestore', planning);
  await launch({ stage, run, plan });
}

/** A drill up to its app; `close` ends its machine. */
export async function drill(stage: ZombieStage): Promise<{ close(): Promise<void> }> {
  const run = stage.begin('drill');
  const now = new Date().toISOString();
  const { plan } = await stage.step(run, 'planDrill', { installation, now });
  const by = { run: { workflowId: 'drill', firstRunId: run.runId }, generation: 0 };
  const { instanceId } = await stage.step(run, 'launchDrill', { plan, ...by });
  const place = { installation, region: plan.region, instanceId };
  const running = await stage.step(run, 'awaitInstance', place);
  const stranger: Machine = { ...place, ...running, hostKeys: [] };
  const recorded = plan.hostKeys;
  const { offered } = await stage.step(run, 'trustHostKey', { machine: stranger, recorded });
  const known = { ...stranger, hostKeys: [offered] };
  const { machine } = await stage.step(run, 'awaitMachine', { machine: known });
  const groups = plan.launch.securityGroupIds;
  await stage.step(run, 'proveSilence', { machine, groups, isTried: true });
  await stage.step(run, 'updateIpAddresses', { machine, old: plan.replaces });
  await stage.step(run, 'wipeNomad', { machine, isReadied: false, isSealed: true });
  const verdict = { outcome: 'passed', why: '' } as const;
  await stage.step(run, 'tellVerdict', { plan, instanceId, verdict, at: now });
  return {
    async close() {
      const ending = { plan, firstRunId: run.runId, instanceId, wasTried: true };
      await stage.step(run, 'endDrill', ending);
      await end(stage, run, { runbook: 'drill' });
    },
  };
}

/**
 * Steps on the live machine at which a run is frozen that nobody goes on with. `closed` tells the
 * machine that the run has ended.
 */
export async function abandon(stage: ZombieStage): Promise<{ closed(): Promise<void> }> {
  const run = stage.begin('abandoned');
  const { machine } = await stage.step(run, 'findMachine', { installation });
  const old = { private: machine.privateAddress };
  const mark = {
    run: 'abandoned',
    takenAt: '2027-01-01T00:00:00Z',
    instanceId: machine.instanceId,
  };
  const marking = { machine, targets: ['/'], mark };
  const stopping = { machine, isReadied: false };
  await stage.abandon(run, { name: 'markVolumes', input: marking });
  // It has shown the machine nothing yet, and its time is later than that of the run's end.
  await stage.abandon(run, { name: 'markVolumes', input: marking, ahead: 3_600_000 });
  await stage.abandon(run, { name: 'stopAppForImage', input: { machine } });
  await stage.abandon(run, { name: 'restartReplicated', input: { machine, old } });
  await stage.abandon(run, { name: 'stopApp', input: stopping });
  return {
    async closed() {
      const { hasLeft } = await stage.step(run, 'leaveMachine', { machine });
      expect(hasLeft).toBe(true);
    },
  };
}

/** A newer run that has done no more than look at the live machine. */
export async function lookAtMachine(stage: ZombieStage): Promise<void> {
  const run = stage.begin('newer');
  const { machine } = await stage.step(run, 'findMachine', { installation });
  await stage.step(run, 'readMachine', { machine });
}
