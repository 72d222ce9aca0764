/** What `runbook watch` looks for in Temporal: what a run that is stuck cannot tell by itself. */
import type { Standing } from '../../contract/reports';
import { messageOf } from '../exit-status';
import { findRuns } from '../commands/list';
import { readStanding } from '../runs';
import { unversioned } from '../../contract/worker-versions';
import { workerPolls, withTemporal, type Temporal } from '../temporal/connect';
import { readVersions, type Versions } from '../temporal/versions';

/** Something that people should hear of, for as long as it lasts. */
export interface Fact {
  /** The same for as long as it is the same thing. */
  readonly key: string;
  /** Where it was looked for: what cannot be looked at has not ended. */
  readonly area: string;
  readonly what: string;
  readonly todo: string;
}

/** What was seen, and the areas that could not be looked at. */
export interface Seen {
  readonly facts: readonly Fact[];
  readonly unseen: readonly string[];
}

/** How long before its end a gate is urgent, and how long an activity may stay paused; seconds. */
export interface Patience {
  readonly gate: number;
  readonly paused: number;
}

/** A workflow task that failed so often does not mend itself. */
const failedTasks = 3;
const area = 'temporal';

/** Looks at Temporal: its absence is a fact, and hides all others. */
export async function lookAtTemporal(queue: string, patience: Patience): Promise<Seen> {
  try {
    return await withTemporal(async (temporal) => ({
      facts: [
        ...(await workerFacts(temporal, queue)),
        ...strandedFacts(await readVersions(temporal, queue)),
        ...(await runFacts(temporal, patience)),
      ],
      unseen: [],
    }));
  } catch (error) {
    const [why = ''] = messageOf(error).split('\n');
    const todo =
      'Runs are safe in its database and go on when it is back. Start it, and the worker.';
    const fact = {
      key: 'temporal',
      area: 'temporal itself',
      what: `Temporal does not answer: ${why}`,
      todo,
    };
    return { facts: [fact], unseen: [area] };
  }
}

async function workerFacts(temporal: Temporal, queue: string): Promise<Fact[]> {
  if (await workerPolls(temporal, queue)) return [];
  return [
    {
      key: `worker/${queue}`,
      area,
      what: `No worker polls the task queue ${queue}`,
      todo: 'Every run of it stands still. Start the worker, and look at its log.',
    },
  ];
}

/** Runs that are pinned to a version of the worker that is gone: an answer to them is not heard. */
export function strandedFacts(found: Versions | undefined): Fact[] {
  const stranded = (found?.versions ?? []).filter(
    ({ buildId, isPolled, open }) => buildId !== unversioned && !isPolled && open.length > 0,
  );
  return stranded.map(({ buildId, open }) => ({
    key: `version/${buildId}`,
    area,
    what:
      `No worker polls for version ${buildId}, on which ${String(open.length)} open run(s) ` +
      `began: ${open.slice(0, 3).join(', ')}`,
    todo:
      'They stand still, and no answer is heard. Start a worker of that version, or move them: ' +
      'docs/operate/upgrades.md has the command.',
  }));
}

async function runFacts(temporal: Temporal, patience: Patience): Promise<Fact[]> {
  const runs = await findRuns(temporal, { open: true, limit: 200 });
  const each = runs.map(async ({ workflowId }) => {
    const handle = temporal.client.workflow.getHandle(workflowId);
    const { raw } = await handle.describe();
    const stuck = taskFact(workflowId, raw);
    // A run whose task fails answers no query.
    const standing = stuck === undefined ? await readStanding(temporal, handle) : undefined;
    return [
      ...(stuck === undefined ? [] : [stuck]),
      ...pausedFacts(workflowId, raw, patience.paused),
      ...gateFacts(workflowId, standing, patience.gate),
    ];
  });
  return (await Promise.all(each)).flat();
}

/** Of a description what is read here; later servers tell more than earlier ones. */
export interface Described {
  readonly pendingWorkflowTask?: { readonly attempt?: number | null } | null;
  readonly workflowExecutionInfo?: {
    readonly searchAttributes?: { readonly indexedFields?: object | null } | null;
  } | null;
  readonly pendingActivities?:
    | readonly {
        readonly activityType?: { readonly name?: string | null } | null;
        readonly activityId?: string | null;
        readonly paused?: boolean | null;
        readonly pauseInfo?: {
          readonly pauseTime?: { readonly seconds?: unknown } | null;
        } | null;
      }[]
    | null;
}

/** A workflow task that fails again and again: Temporal repeats it for ever, and the run looks open. */
export function taskFact(workflowId: string, described: Described): Fact | undefined {
  const attempt = described.pendingWorkflowTask?.attempt ?? 0;
  const indexed = described.workflowExecutionInfo?.searchAttributes?.indexedFields ?? {};
  const isReported = 'TemporalReportedProblems' in indexed;
  if (attempt <= failedTasks && !isReported) return undefined;
  return {
    key: `task/${workflowId}`,
    area,
    what: `${workflowId} is stuck: its workflow task keeps failing${attempt > 1 ? ` (attempt ${String(attempt)})` : ''}`,
    todo:
      "It does nothing and answers nothing until that is mended. Look at the worker's log: is the " +
      'worker older or newer than the one that the run began with?',
  };
}

/** Activities that somebody paused by hand, longer ago than people forget. */
export function pausedFacts(
  workflowId: string,
  { pendingActivities }: Described,
  patience: number,
): Fact[] {
  return (pendingActivities ?? []).flatMap(({ activityId, activityType, paused, pauseInfo }) => {
    const since = Number(pauseInfo?.pauseTime?.seconds ?? 0) * 1000;
    if (paused !== true || Date.now() - since < patience * 1000) return [];
    const name = activityType?.name ?? 'an activity';
    return [
      {
        key: `paused/${workflowId}/${activityId ?? name}`,
        area,
        what: `${workflowId}: ${name} was paused by hand and is still paused`,
        todo: `Unpause it: temporal activity unpause --workflow-id ${workflowId} --activity-id ${activityId ?? ''}`,
      },
    ];
  });
}

/** A gate that ends soon, and the run with it. */
export function gateFacts(
  workflowId: string,
  standing: Pick<Standing, 'gate'> | undefined,
  patience: number,
): Fact[] {
  const gate = standing?.gate;
  if (gate === undefined || Date.parse(gate.expiresAt) - Date.now() > patience * 1000) return [];
  return [
    {
      key: `gate/${workflowId}/${gate.id}`,
      area,
      what: `${workflowId} waits at "${gate.title}" and ends at ${gate.expiresAt} without an answer`,
      todo: `See it with: runbook status ${workflowId}. Answers: ${gate.answers.join(', ')}.`,
    },
  ];
}
