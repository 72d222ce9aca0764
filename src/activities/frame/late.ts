/**
 * What an attempt may still do when it comes late: nothing. A worker that was frozen, or cut off
 * from Temporal, goes on where it was, while another one has long taken the step over.
 *
 * Whatever changes something asks Temporal, immediately before, whether this attempt is still the one
 * that is waited for. A machine besides tells late commands by the token of the attempt
 * (machine/fence.ts), so that not even the moment between that answer and the command is open, and
 * an app can be started while Temporal is down. AWS has no such lock: there that moment stays, and
 * a Temporal that is silent holds the call back.
 */
import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { refuse, tryAgain } from '../../contract/failures';
import { printable } from '../../contract/printable';
import type { Fence, Lane } from '../../machine/shell/fence';
import type { World } from '../../world';
import type { Ec2 } from '../../world/ec2';
import type { Connection } from '../../world/ssh';

/** What a workflow says of its run with each activity. */
export interface OfRun {
  /** When the run took its claim, or began: milliseconds of the server's clock. */
  readonly epoch: number;
  readonly lane: Lane;
  /** Id of the claim without which the activity does nothing. */
  readonly claim?: string;
}

const runs = new WeakMap<Context, OfRun>();

/** Remembers the run that the attempt belongs to; a run of an earlier version says nothing. */
export function rememberRun(context: Context, ofRun: OfRun | undefined): void {
  if (ofRun) runs.set(context, ofRun);
}

/** The token that this attempt presents to the machine; none outside of an attempt. */
export function fenceOf(instanceId: string): Fence | undefined {
  const context = here();
  if (context === undefined) return undefined;
  const { info } = context;
  const { workflowId = '', runId = '-' } = info.workflowExecution ?? {};
  // Its steps are ordered by their times then.
  const untold: OfRun = { epoch: info.scheduledTimestampMs, lane: 'machine' };
  const { epoch, lane } = runs.get(context) ?? untold;
  return {
    instanceId,
    lane,
    token: {
      epoch: Math.floor(epoch),
      time: Math.floor(info.currentAttemptScheduledTimestampMs),
      run: runId,
    },
    step: printable(`${info.activityType} of ${workflowId}`).slice(0, 100),
  };
}

function here(): Context | undefined {
  try {
    return Context.current();
  } catch {
    return undefined;
  }
}

/** What each call to EC2 does; a new one must be sorted in. */
const kinds: Readonly<Record<keyof Ec2, 'reads' | 'changes'>> = {
  instances: 'reads',
  health: 'reads',
  terminationProtection: 'reads',
  specs: 'reads',
  consoleOutput: 'reads',
  images: 'reads',
  snapshots: 'reads',
  taggedSnapshots: 'reads',
  addresses: 'reads',
  securityGroups: 'reads',
  zonesWith: 'reads',
  subnet: 'reads',
  permitted: 'reads',
  createImage: 'changes',
  copyImage: 'changes',
  runInstance: 'changes',
  tag: 'changes',
  untag: 'changes',
  associateAddress: 'changes',
  deregisterImage: 'changes',
  deleteSnapshot: 'changes',
  terminateInstance: 'changes',
  stopInstance: 'changes',
  startInstance: 'changes',
  endVolumesWith: 'changes',
  changeSecurityGroups: 'changes',
};

/** Refuses, with what was not done, where nobody waits for this attempt any more. */
export type RequireCurrent = (what: string) => Promise<void>;

/** The world in which nothing changes on behalf of an attempt that is late. */
export function withoutLateEffects(world: World, required: RequireCurrent = requireCurrent): World {
  return {
    ...world,
    ec2: (region) => asking(world.ec2(region), required),
    ssh: {
      ...world.ssh,
      connect: async (target, signal) =>
        checking(await world.ssh.connect(target, signal), required),
    },
  };
}

function checking(connection: Connection, required: RequireCurrent): Connection {
  return {
    ...connection,
    async run(command) {
      if (command.readsOnly !== true) {
        const what = `${command.name ?? command.script.slice(0, 100)} was not run`;
        await required(what).catch(unlessSilent);
      }
      return connection.run(command);
    },
  };
}

/** The machine itself refuses what is late: a Temporal that is down must not keep an app stopped. */
function unlessSilent(error: unknown): void {
  if (!(error instanceof ApplicationFailure) || error.type !== 'TemporalSilent') throw error;
}

type Call = (...given: unknown[]) => Promise<unknown>;

function asking(ec2: Ec2, required: RequireCurrent): Ec2 {
  return new Proxy(ec2, {
    get(target, key) {
      const own = Reflect.get(target, key) as Call;
      if (typeof key !== 'string' || !(key in kinds) || kinds[key as keyof Ec2] === 'reads') {
        return own;
      }
      return async (...given: unknown[]) => {
        await required(`${key} was not sent to AWS`);
        return own.apply(target, given);
      };
    },
  });
}

/** Asks Temporal itself. */
async function requireCurrent(what: string): Promise<void> {
  const context = Context.current();
  const { cancellationDetails: told, info } = context;
  if (told?.notFound === true || told?.timedOut === true || told?.reset === true) {
    throw late(what, 'Temporal has taken this attempt back');
  }
  // Paused by a person: the attempt after it looks anew.
  if (told?.paused === true) throw new CancelledFailure(`${what}: the step was paused`);
  const { workflowExecution, activityId, attempt } = info;
  if (workflowExecution === undefined) return;
  const pending = await pendingOf(context.client, workflowExecution, what);
  const isOurs = pending.some((one) => one.activityId === activityId && one.attempt === attempt);
  if (!isOurs) throw late(what, 'another attempt, or another run, has taken over');
}

function late(what: string, why: string): ReturnType<typeof refuse> {
  return refuse(
    'Superseded',
    `${what}: ${why}. What comes late changes nothing. Look at the newer run or attempt.`,
  );
}

interface Execution {
  readonly workflowId: string;
  readonly runId: string;
}

interface Pending {
  readonly activityId?: string | null;
  readonly attempt?: number | null;
}

const patienceSeconds = 15;

/** The activities that the run waits for; none when it is closed or gone. */
async function pendingOf(
  client: Context['client'],
  { workflowId, runId }: Execution,
  what: string,
): Promise<readonly Pending[]> {
  try {
    const description = client.workflow.getHandle(workflowId, runId).describe();
    const { raw } = await inTime(description, patienceSeconds);
    return raw.pendingActivities ?? [];
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return [];
    const why = error instanceof Error ? error.message : String(error);
    throw tryAgain(
      'TemporalSilent',
      `${what}: Temporal did not say within ${String(patienceSeconds)} s whether this attempt is ` +
        `still wanted (${printable(why).slice(0, 200)}). It is asked again; nothing was changed.`,
    );
  }
}

/** The answer, or an error once the time is over. */
async function inTime<T>(answer: Promise<T>, seconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error('no answer'));
    }, seconds * 1000);
  });
  try {
    return await Promise.race([answer, end]);
  } finally {
    clearTimeout(timer);
  }
}
