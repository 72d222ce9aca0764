/** One launch of a run: exactly one machine, whatever became of the requests before it. */
import { sleep } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { codeOf } from '../../../contract/aws-code';
import { refuse, type LaunchMark } from '../../../contract/failures';
import { isPassedOver, type RefusalKind } from '../../../machine/launch/aws-refusals';
import { choiceText, type LaunchChoice } from '../../../machine/launch/launch-settings';
import { tagNames } from '../../../machine/backups/tags';
import type { Ec2, Instance } from '../../../world/ec2';
import { clientTokenOf } from './client-token';
import type { Outcome } from '../../frame/attempt';

/** What makes a launch of a run the same one when it is tried again. */
export interface LaunchBy {
  /** Workflow id and its first run id: a reset changes the run id, but not the first one. */
  readonly run: { readonly workflowId: string; readonly firstRunId: string };
  /** The number of its token; see machine/launch-tokens.ts. */
  readonly generation: number;
  /** Type and subnet, where they are not the first of the plan. */
  readonly choice?: LaunchChoice | undefined;
  /** Whether an earlier request may have made a machine that EC2 does not show yet. */
  readonly looks?: boolean;
  /** Whether another type or subnet is tried if this one is refused. */
  readonly isNotLast?: boolean;
}

/** What a run launches, as it stands in its history. */
export type LaunchOnce = Omit<Parameters<Ec2['runInstance']>[0], 'clientToken'>;

interface Place {
  readonly ec2: Pick<Ec2, 'instances' | 'runInstance'>;
  readonly limits: {
    readonly poll: number;
    readonly attempts: number;
    readonly retryAfter: number;
  };
}

interface Made {
  readonly instanceId: string;
  /** Where it is another machine than was ordered. */
  readonly note?: string;
}

/**
 * So often is looked for a machine of which only its token says that it may be there: with the usual
 * pause of 15 seconds for five minutes, after which EC2 shows what it has made.
 */
const looksForUnseen = 21;

/** Gets the machine of this run: a living one is adopted, whatever its request was. */
export async function launchOnce(place: Place, order: LaunchOnce, by: LaunchBy): Promise<Made> {
  const looks = by.looks ? looksForUnseen : 1;
  // Nothing is sent before EC2 has said what is there. A search that failed has settled nothing.
  const { living } = await lookFor(place, by, { looks }).catch((error: unknown) => {
    throw by.looks ? error : marked(error, 'nothing');
  });
  if (living) return adopted(living, order);
  try {
    const instance = await send(place, order, by);
    if (isGone(instance)) throw lostInstance(instance);
    return { instanceId: instance.id };
  } catch (error) {
    const isSpent = /^Idempotent(ParameterMismatch|InstanceTerminated)$/.test(codeOf(error) ?? '');
    if (isSpent) return spentToken(place, order, by);
    throw inItsPlace(error, order, by);
  }
}

/** The token has made something before, under other settings, or what it has made is gone. */
async function spentToken(place: Place, order: LaunchOnce, by: LaunchBy): Promise<Made> {
  const { living, gone } = await lookFor(place, by, { looks: looksForUnseen, alsoGone: true });
  if (living) return adopted(living, order);
  if (gone) throw lostInstance(gone);
  throw marked(
    refuse(
      'LaunchedOtherwise',
      'AWS says that this run has sent its launch before, with other settings, and shows no machine ' +
        `of it. Look in EC2 for machines with the tag ${tagNames.firstRun} = ${by.run.firstRunId}. If ` +
        'there is one, terminate it; then retry launches one machine with the settings of the plan.',
    ),
    'gone',
  );
}

interface Look {
  readonly looks: number;
  /** Whether a machine that is over is an answer, too. */
  readonly alsoGone?: boolean;
}

/**
 * The machines of this run. EC2 shows a new one only after a while; and a question that gets no
 * answer says nothing of what is there.
 */
async function lookFor(
  { ec2, limits }: Place,
  { run }: LaunchBy,
  { looks, alsoGone = false }: Look,
): Promise<{ readonly living?: Instance | undefined; readonly gone?: Instance | undefined }> {
  for (let look = 1; ; look += 1) {
    const made = await ec2.instances({ tags: { [tagNames.firstRun]: run.firstRunId } });
    const [living, ...more] = made.filter((one) => !isGone(one));
    if (living && more.length > 0) throw severalLive([living, ...more]);
    const gone = made.find(isGone);
    if (living || (alsoGone && gone) || look >= looks) return { living, gone };
    await sleep(limits.poll * 1000);
  }
}

/** What AWS has answered is asked again here: then a failure tells that nothing is unanswered. */
async function send({ ec2, limits }: Place, order: LaunchOnce, by: LaunchBy): Promise<Instance> {
  const { run, generation } = by;
  const clientToken = clientTokenOf(run.workflowId, run.firstRunId, generation);
  for (let tries = 1; ; tries += 1) {
    try {
      return await ec2.runInstance({ ...order, clientToken });
    } catch (error) {
      const { kind, answered } = factsOf(error);
      const isSoon =
        kind === 'busy' || kind === 'profile' || (kind === 'capacity' && !by.isNotLast);
      if (!answered || !isSoon || tries >= limits.attempts + 2) throw error;
      await sleep(Math.min(60_000, limits.retryAfter * 1000 * 2 ** (tries - 1)));
    }
  }
}

/** A refusal, with what was refused: AWS has said so, and so has made nothing. */
function inItsPlace(error: unknown, { launch }: LaunchOnce, { isNotLast }: LaunchBy): unknown {
  const { kind, answered } = factsOf(error);
  if (!(error instanceof ApplicationFailure) || !answered) return error;
  const isOver = isNotLast === true && kind !== undefined && isPassedOver(kind);
  const refusal = ApplicationFailure.create({
    type: error.type ?? 'Unforeseen',
    message: `${choiceText(launch)}${isOver ? ' is passed over' : ''}: ${error.message}`,
    nonRetryable: true,
    details: error.details ?? [],
  });
  return marked(refusal, 'nothing');
}

/** Says with the failure what is known of a machine; without a mark nothing is. */
function marked(error: unknown, launch: LaunchMark['launch']): unknown {
  if (!(error instanceof ApplicationFailure)) return error;
  return ApplicationFailure.create({
    type: error.type ?? 'Unforeseen',
    message: error.message,
    nonRetryable: error.nonRetryable ?? false,
    details: [...(error.details ?? []), { launch } satisfies LaunchMark],
  });
}

function factsOf(error: unknown): { readonly kind?: RefusalKind; readonly answered?: boolean } {
  const [facts] = error instanceof ApplicationFailure ? (error.details ?? []) : [];
  return typeof facts === 'object' && facts !== null ? facts : {};
}

function adopted(living: Instance, { imageId, launch }: LaunchOnce): Made {
  const { id, instanceType, subnetId } = living;
  if (living.imageId !== imageId) throw launchedOtherwise(living);
  const isOrdered = instanceType === launch.instanceType && subnetId === launch.subnetId;
  if (isOrdered) return { instanceId: id };
  return {
    instanceId: id,
    note:
      `${id}, ${choiceText(living)}, was launched by an earlier request of this run and is taken, ` +
      `not another one as ${choiceText(launch)} beside it`,
  };
}

/** A reset run made another plan than the run before, which has launched already. */
function launchedOtherwise({ id, imageId }: Instance): ApplicationFailure {
  return refuse(
    'LaunchedOtherwise',
    `This run launched ${id} from ${imageId} before it was reset, and the plan has another image ` +
      `now. Terminate it, then retry; one of a restore can also be taken up: ` +
      `restore {"installation":"…","instance":"${id}"}.`,
    { launch: 'lives' } satisfies LaunchMark,
  );
}

function severalLive(machines: readonly Instance[]): ApplicationFailure {
  const seen = machines.map((one) => `${one.id} (${one.state}, ${choiceText(one)})`).join(', ');
  return refuse(
    'LaunchedOtherwise',
    `Several machines of this run live: ${seen}. Terminate all but one, then retry goes on with it.`,
    { launch: 'lives' } satisfies LaunchMark,
  );
}

/** Whether the machine is over, or about to be. */
export function isGone({ state }: Pick<Instance, 'state'>): boolean {
  return state === 'terminated' || state === 'shutting-down';
}

/** The refusal for a machine that somebody else stopped or ended. */
export function lostInstance(instance: Instance, canLaunch = true): ApplicationFailure {
  const { id, state, stateReason } = instance;
  // A machine that was there before the run is not one that it can make again.
  const instead = canLaunch
    ? 'retry launches one new machine in its place.'
    : 'it was there before this run, which launches none in its place: abort, and start a restore ' +
      'without "instance" and "from".';
  return refuse(
    'InstanceLost',
    `${id} is ${state}${stateReason ? ` (${stateReason})` : ''}. ` +
      (isGone(instance)
        ? `Find out who or what ended it; ${instead}`
        : 'Start it in EC2, then retry.'),
    (isGone(instance)
      ? { launch: 'gone', reason: stateReason }
      : { launch: 'lives' }) satisfies LaunchMark,
  );
}

export interface Launched extends Outcome {
  readonly instanceId: string;
}
