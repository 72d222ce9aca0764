/**
 * The activities as steps: how long each may take and whether a person may skip it. A step that
 * later steps build on cannot be skipped, because going on without it would harm the machine.
 */
import type { Activities } from '../../activities';
import type { JournalEntry } from '../../contract/journal';
import { waitingQueue } from '../../contract/queues';
import type { FailureType } from '../../contract/failures';
import type { Settings } from '../../contract/plan';

/** How long an activity may take by itself, in seconds: its own figure, or from the configured limits. */
type Limit = number | ((limits: Settings['limits']) => number);

/** An activity with its limits; `A` is its name in `Activities`, `S` whether it can be skipped. */
export interface Act<A extends keyof Activities, S extends boolean = boolean> {
  readonly activity: A;
  readonly limit: Limit;
  readonly skippable: S;
  /** Failures that only another request can mend: they end the run instead of opening a gate. */
  readonly refusals: readonly FailureType[];
}

/** The activities that wait for AWS; most others wait for the machine. */
const inAws: ReadonlySet<keyof Activities> = new Set([
  'planRestore',
  'lookAtOthers',
  'lookAgain',
  'readAddresses',
  'launchInstance',
  'replanLaunch',
  'awaitInstance',
  'moveElasticIp',
  'findMachine',
  'createImage',
  'awaitImage',
  'verifyImage',
  'copyImage',
  'planPrune',
  'removeBackups',
  'planSpare',
  'launchSpare',
  'restSpare',
  'retireSpares',
  'planDrill',
  'launchDrill',
  'tellVerdict',
  'endDrill',
]);
/** Those that wait for neither. */
const elsewhere: ReadonlySet<keyof Activities> = new Set([
  'readSettings',
  'listRunningBuilds',
  'startRefresh',
  'findHolder',
  'checkClaim',
  'preemptBackup',
  'notifyPeople',
  'tellPeople',
  'recordEnd',
]);

/** Those that wait for hours, and would take the slots of steps that somebody waits for. */
const forHours: ReadonlySet<keyof Activities> = new Set([
  'awaitImage',
  'copyImage',
  'backUpObjects',
]);

/** The queue of the step where it is not the run's own. */
export function queueOf(
  { activity }: Act<keyof Activities>,
  settings: Settings | undefined,
): string | undefined {
  return settings && forHours.has(activity) ? waitingQueue(settings.taskQueue) : undefined;
}

/** What puts right what the run itself has begun is done whoever holds the claim by then. */
const withoutClaim: ReadonlySet<keyof Activities> = new Set(['startAppAgain', 'endDrill']);

/** Whether the step does nothing unless its run holds its claim. */
export function needsClaim({ activity }: Act<keyof Activities>): boolean {
  return !withoutClaim.has(activity);
}

/** What a step waits for while it runs. */
export function waitsFor({ activity }: Act<keyof Activities>): JournalEntry['waitsFor'] {
  if (inAws.has(activity)) return 'AWS';
  return elsewhere.has(activity) ? undefined : 'machine';
}

function act<A extends keyof Activities>(
  activity: A,
  limit: Limit,
  refusals: readonly FailureType[] = [],
): Act<A, false> {
  return { activity, limit, skippable: false, refusals };
}

function skippable<A extends keyof Activities>(activity: A, limit: Limit): Act<A, true> {
  return { activity, limit, skippable: true, refusals: [] };
}

export const readSettings = act('readSettings', 30);
export const planRestore = act('planRestore', 120, [
  'NoUsableImage',
  'ImageOfAnotherOwner',
  'ImageNotAvailable',
  'NotThisInstallation',
  'ExternalServices',
  'MachineNotFound',
]);
export const lookAtOthers = act('lookAtOthers', 60);
export const lookAgain = act('lookAgain', 180);
export const readAddresses = act('readAddresses', 360);
/** A machine that EC2 does not show yet is looked for twice, and a busy EC2 is asked again. */
const unseen = ({ poll, attempts }: Settings['limits']): number => 45 * poll + 60 * attempts;
// A spare that is taken over has to start.
export const launchInstance = act(
  'launchInstance',
  (limits) => limits.launch + unseen(limits) + 120,
);
export const replanLaunch = act('replanLaunch', 60);
export const awaitInstance = act('awaitInstance', ({ launch }) => launch);
export const moveElasticIp = act('moveElasticIp', 120);
export const trustHostKey = act('trustHostKey', ({ ssh }) => ssh + 300);
export const awaitMachine = act('awaitMachine', ({ ssh }) => ssh);
export const lookUpHostname = act('lookUpHostname', 60);
export const checkDns = skippable('checkDns', ({ ssh }) => ssh);
// An app that starts takes no stop until it is up.
export const stopApp = act('stopApp', (limits) => limits.startApp + 2 * limits.stopApp + 120);
export const fixHostname = skippable('fixHostname', ({ startApp }) => startApp + 120);
export const updateIpAddresses = act('updateIpAddresses', 300);
export const findStaleAddresses = skippable('findStaleAddresses', 180);
export const mendStaleAddresses = skippable(
  'mendStaleAddresses',
  ({ replicated }) => replicated + 240,
);
export const wipeNomad = skippable('wipeNomad', 300);
export const restartReplicated = act('restartReplicated', ({ replicated }) => replicated + 240, [
  'QuarantineBroken',
]);
export const restartApp = act(
  'restartApp',
  (limits) => 2 * limits.startApp + 2 * limits.stopApp + 180,
  ['QuarantineBroken'],
);
export const verifyApp = skippable('verifyApp', ({ verify }) => verify + 60);
export const findUnendingBuilds = act('findUnendingBuilds', 180);
export const deleteBuilds = skippable('deleteBuilds', 1800);
export const findMachine = act('findMachine', 120);
export const readMachine = skippable('readMachine', ({ ssh }) => ssh);
export const listRunningBuilds = act('listRunningBuilds', 120);
export const markVolumes = act('markVolumes', 600);
export const stopAppForImage = act(
  'stopAppForImage',
  (limits) => limits.startApp + 2 * limits.stopApp + 150,
);
export const createImage = act('createImage', 600);
export const startAppAgain = act('startAppAgain', ({ startApp }) => startApp + 60);
export const awaitImage = act('awaitImage', ({ image }) => image);
export const verifyImage = skippable('verifyImage', 120);
export const backUpObjects = skippable('backUpObjects', ({ image }) => image + 600);
/** Not skippable: the app must not start over an empty directory. */
export const compareMounts = act('compareMounts', 300);
export const mountVolumes = act('mountVolumes', 900);
export const mountObjects = act('mountObjects', 300);
export const restoreObjects = act('restoreObjects', ({ image }) => image + 600);
export const copyImage = skippable('copyImage', ({ image }) => image);
export const planPrune = act('planPrune', 120);
export const removeBackups = act('removeBackups', 1800);
export const startRefresh = act('startRefresh', 60);
export const planSpare = act('planSpare', 120, ['MissingLaunchSetting', 'NoUsableImage']);
export const launchSpare = act('launchSpare', (limits) => unseen(limits) + 120);
export const proveSilence = act('proveSilence', 300, ['QuarantineBroken']);
export const planDrill = act('planDrill', 120, ['MissingLaunchSetting', 'NoUsableImage']);
export const launchDrill = act('launchDrill', (limits) => unseen(limits) + 120);
export const tellVerdict = act('tellVerdict', 120);
export const endDrill = act('endDrill', ({ launch }) => launch);
export const restSpare = act('restSpare', ({ launch }) => launch);
export const retireSpares = act('retireSpares', 300);
export const findHolder = act('findHolder', 60);
export const checkClaim = act('checkClaim', 60);
export const preemptBackup = act('preemptBackup', 60);
export const notifyPeople = act('notifyPeople', 20);
export const leaveMachine = act('leaveMachine', 90);
export const recordEnd = act('recordEnd', 60);
