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

/** What an activity waits for while it runs. */
type WaitsFor = 'AWS' | 'machine' | 'nothing';

/** An activity with its limits; `A` is its name in `Activities`, `S` whether it can be skipped. */
export interface Act<A extends keyof Activities, S extends boolean = boolean> {
  readonly activity: A;
  readonly waitsFor: WaitsFor;
  readonly limit: Limit;
  readonly skippable: S;
  /** Failures that only another request can mend: they end the run instead of opening a gate. */
  readonly refusals: readonly FailureType[];
  /** It waits for hours, and would take the slots of steps that somebody waits for. */
  readonly forHours: boolean;
  /**
   * Whether it does nothing unless its run holds its claim. What puts right what the run itself has
   * begun is done whoever holds the claim by then.
   */
  readonly needsClaim: boolean;
}

/** The queue of the step where it is not the run's own. */
export function queueOf(
  { forHours }: Act<keyof Activities>,
  settings: Settings | undefined,
): string | undefined {
  return settings && forHours ? waitingQueue(settings.taskQueue) : undefined;
}

/** What the journal says that a step waits for. */
export function waitsFor({ waitsFor }: Act<keyof Activities>): JournalEntry['waitsFor'] {
  return waitsFor === 'nothing' ? undefined : waitsFor;
}

type Apart = Partial<Pick<Act<keyof Activities>, 'refusals' | 'forHours' | 'needsClaim'>>;

/** Acts that wait for one thing: `activity`, `limit`, and what is apart of it. */
function waitingFor(waitsFor: WaitsFor) {
  function act<A extends keyof Activities>(
    activity: A,
    limit: Limit,
    apart: Apart & { readonly skippable: true },
  ): Act<A, true>;
  function act<A extends keyof Activities>(activity: A, limit: Limit, apart?: Apart): Act<A, false>;
  function act<A extends keyof Activities>(
    activity: A,
    limit: Limit,
    { skippable, ...apart }: Apart & { readonly skippable?: true } = {},
  ): Act<A> {
    const usual = { refusals: [], forHours: false, needsClaim: true };
    return { activity, waitsFor, limit, skippable: skippable ?? false, ...usual, ...apart };
  }
  return act;
}

const inAws = waitingFor('AWS');
const onMachine = waitingFor('machine');
const atOnce = waitingFor('nothing');

export const readSettings = atOnce('readSettings', 30);
export const planRestore = inAws('planRestore', 120, {
  refusals: [
    'NoUsableImage',
    'ImageOfAnotherOwner',
    'ImageNotAvailable',
    'NotThisInstallation',
    'ExternalServices',
    'MachineNotFound',
  ],
});
export const lookAtOthers = inAws('lookAtOthers', 60);
export const lookAgain = inAws('lookAgain', 180);
export const readAddresses = inAws('readAddresses', 360);
/** A machine that EC2 does not show yet is looked for twice, and a busy EC2 is asked again. */
const unseen = ({ poll, attempts }: Settings['limits']): number => 45 * poll + 60 * attempts;
// A spare that is taken over has to start.
export const launchInstance = inAws(
  'launchInstance',
  (limits) => limits.launch + unseen(limits) + 120,
);
export const replanLaunch = inAws('replanLaunch', 60);
export const awaitInstance = inAws('awaitInstance', ({ launch }) => launch);
export const moveElasticIp = inAws('moveElasticIp', 120);
export const trustHostKey = onMachine('trustHostKey', ({ ssh }) => ssh + 300);
export const awaitMachine = onMachine('awaitMachine', ({ ssh }) => ssh);
export const lookUpHostname = onMachine('lookUpHostname', 60);
export const checkDns = onMachine('checkDns', ({ ssh }) => ssh, { skippable: true });
// An app that starts takes no stop until it is up.
export const stopApp = onMachine('stopApp', (limits) => limits.startApp + 2 * limits.stopApp + 120);
export const fixHostname = onMachine('fixHostname', ({ startApp }) => startApp + 120, {
  skippable: true,
});
export const updateIpAddresses = onMachine('updateIpAddresses', 300);
export const findStaleAddresses = onMachine('findStaleAddresses', 180, { skippable: true });
export const mendStaleAddresses = onMachine(
  'mendStaleAddresses',
  ({ replicated }) => replicated + 240,
  { skippable: true },
);
export const wipeNomad = onMachine('wipeNomad', 300, { skippable: true });
export const restartReplicated = onMachine(
  'restartReplicated',
  ({ replicated }) => replicated + 240,
  { refusals: ['QuarantineBroken'] },
);
export const restartApp = onMachine(
  'restartApp',
  (limits) => 2 * limits.startApp + 2 * limits.stopApp + 180,
  { refusals: ['QuarantineBroken'] },
);
export const verifyApp = onMachine('verifyApp', ({ verify }) => verify + 60, {
  skippable: true,
});
export const findUnendingBuilds = onMachine('findUnendingBuilds', 180);
export const deleteBuilds = onMachine('deleteBuilds', 1800, { skippable: true });
export const findMachine = inAws('findMachine', 120);
export const readMachine = onMachine('readMachine', ({ ssh }) => ssh, { skippable: true });
export const listRunningBuilds = atOnce('listRunningBuilds', 120);
export const markVolumes = onMachine('markVolumes', 600);
export const stopAppForImage = onMachine(
  'stopAppForImage',
  (limits) => limits.startApp + 2 * limits.stopApp + 150,
);
export const createImage = inAws('createImage', 600);
export const startAppAgain = onMachine('startAppAgain', ({ startApp }) => startApp + 60, {
  needsClaim: false,
});
export const awaitImage = inAws('awaitImage', ({ image }) => image, { forHours: true });
export const verifyImage = inAws('verifyImage', 120, { skippable: true });
export const backUpObjects = onMachine('backUpObjects', ({ image }) => image + 600, {
  skippable: true,
  forHours: true,
});
/** Not skippable: the app must not start over an empty directory. */
export const compareMounts = onMachine('compareMounts', 300);
export const mountVolumes = onMachine('mountVolumes', 900);
export const mountObjects = onMachine('mountObjects', 300);
export const restoreObjects = onMachine('restoreObjects', ({ image }) => image + 600);
export const copyImage = inAws('copyImage', ({ image }) => image, {
  skippable: true,
  forHours: true,
});
export const planPrune = inAws('planPrune', 120);
export const removeBackups = inAws('removeBackups', 1800);
export const startRefresh = atOnce('startRefresh', 60);
export const planSpare = inAws('planSpare', 120, {
  refusals: ['MissingLaunchSetting', 'NoUsableImage'],
});
export const launchSpare = inAws('launchSpare', (limits) => unseen(limits) + 120);
export const proveSilence = onMachine('proveSilence', 300, { refusals: ['QuarantineBroken'] });
export const planDrill = inAws('planDrill', 120, {
  refusals: ['MissingLaunchSetting', 'NoUsableImage'],
});
export const launchDrill = inAws('launchDrill', (limits) => unseen(limits) + 120);
export const tellVerdict = inAws('tellVerdict', 120);
export const endDrill = inAws('endDrill', ({ launch }) => launch, { needsClaim: false });
export const restSpare = inAws('restSpare', ({ launch }) => launch);
export const retireSpares = inAws('retireSpares', 300);
export const findHolder = atOnce('findHolder', 60);
export const checkClaim = atOnce('checkClaim', 60);
export const preemptBackup = atOnce('preemptBackup', 60);
export const notifyPeople = atOnce('notifyPeople', 20);
export const leaveMachine = onMachine('leaveMachine', 90);
export const recordEnd = atOnce('recordEnd', 60);
