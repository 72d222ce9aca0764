/**
 * Every order in which requests and replies of a launch can be lost, workers die, types be refused
 * and a person change the settings, over an EC2 that keeps its promises in each way that they can
 * be read. The rules are those of the workflow: machine/launch-tokens.ts.
 */
import { launchOnce, type LaunchBy } from '../../../../src/activities/parts/instances/launch-once';
import type { LaunchSettings } from '../../../../src/machine/backups/backup-record';
import { launchesOf, type PlannedLaunch } from '../../../../src/machine/launch/launch-settings';
import { firstTokens, tokenFor, tokensAfter } from '../../../../src/machine/launch/launch-tokens';
import { troubleOf } from '../../../../src/workflows/frame/failures';
import { Crash, SimulatedLaunches, type Fate, type Habits } from './simulated-launches';

let ec2: SimulatedLaunches;
jest.mock('@temporalio/activity', () => ({
  sleep: (ms: number) => {
    ec2.pass(ms);
    return Promise.resolve();
  },
}));

const launch: LaunchSettings = {
  instanceType: 'm4.2xlarge',
  subnetId: 'subnet-a',
  securityGroupIds: ['sg-1'],
  httpTokens: 'optional',
  httpPutResponseHopLimit: 1,
  terminationProtection: false,
};
const one: PlannedLaunch = { launch };
const other: PlannedLaunch = { launch: { ...launch, instanceType: 'm5.2xlarge' } };
const listed: PlannedLaunch = {
  launch,
  alternatives: [
    { instanceType: 'm4.2xlarge', subnetId: 'subnet-b' },
    { instanceType: 'm5.2xlarge', subnetId: 'subnet-a' },
  ],
};
const limits = { poll: 15, attempts: 2, retryAfter: 5 };
const run = { workflowId: 'restore-1', firstRunId: 'first' };

/** The activity as Temporal runs it: again after a crash or where it may be tried again. */
async function perform(settings: LaunchSettings, by: LaunchBy): Promise<unknown> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const order = { imageId: 'ami-1', launch: settings, tags: {} };
      return await launchOnce({ ec2, limits }, order, by);
    } catch (error) {
      const trouble = { ...troubleOf(error), attempts: attempt };
      const isAgain = error instanceof Crash || trouble.type === 'AwsUnavailable';
      if (!isAgain || attempt >= limits.attempts) return trouble;
      ec2.pass(5000);
    }
  }
}

interface Story {
  readonly plans: readonly PlannedLaunch[];
  readonly isReset?: boolean;
}

/** A run from its launch to a machine, or to the gate at which the person gives up. */
async function play({ plans, isReset = false }: Story): Promise<string | undefined> {
  let tokens = firstTokens(isReset);
  let [plan = one] = plans;
  for (let tried = 0, gates = 0; gates < plans.length + 2;) {
    const choices = launchesOf(plan);
    const settings = choices[tried] ?? plan.launch;
    tokens = tokenFor(tokens, JSON.stringify(settings));
    const isNotLast = tried < choices.length - 1;
    const { generation, looks } = tokens;
    const outcome = await perform(settings, { run, generation, looks, isNotLast });
    if (isMade(outcome)) return outcome.instanceId;
    const trouble = outcome as ReturnType<typeof troubleOf>;
    tokens = tokensAfter(tokens, {
      answered: trouble.launch === 'nothing' && trouble.attempts === 1,
      gone: trouble.launch === 'gone',
      lives: trouble.launch === 'lives',
    });
    if (isNotLast && trouble.isPassedOver) {
      tried += 1;
      continue;
    }
    gates += 1;
    if (trouble.launch === 'lives') continue;
    plan = plans[gates] ?? plan;
    tried = 0;
  }
  return undefined;
}

function isMade(outcome: unknown): outcome is { readonly instanceId: string } {
  return typeof outcome === 'object' && outcome !== null && 'instanceId' in outcome;
}

const fates: readonly Fate[] = ['answered', 'request lost', 'reply lost', 'late', 'worker dies'];

/** Every sequence of so many fates; what comes after them goes well. */
function* sequences(length: number): Generator<Fate[]> {
  if (length === 0) {
    yield [];
    return;
  }
  for (const rest of sequences(length - 1)) for (const fate of fates) yield [fate, ...rest];
}

const habits: Habits[] = [true, false].flatMap((bindsRefused) =>
  [true, false].flatMap((checksFirst) =>
    [0, 240_000].map((hiddenMs) => ({ bindsRefused, checksFirst, gone: 'instance', hiddenMs })),
  ),
);

/** Whether EC2 has m4, request by request: never, only later, only at first; m5 it always has. */
const markets: readonly ((sent: number) => boolean)[] = [
  () => false,
  (sent) => sent >= 2,
  (sent) => sent <= 2,
];

const stories: readonly (readonly [string, Story])[] = [
  ['the same settings again', { plans: [one, one] }],
  ['other settings after a failure', { plans: [one, other] }],
  ['the same settings again, then others', { plans: [one, one, other] }],
  ['other settings, and the first ones again', { plans: [one, other, one] }],
  ['a list', { plans: [listed] }],
  ['a list that is changed after a failure', { plans: [listed, other] }],
];

test.each(stories)('%s: never two machines, and the one there is comes back', async (_, story) => {
  let played = 0;
  let launched = 0;
  for (const habit of habits) {
    for (const hasOld of markets) {
      for (const sequence of sequences(3)) {
        ec2 = new SimulatedLaunches(habit, sequence[Symbol.iterator](), (order) =>
          order.launch.instanceType === 'm5.2xlarge' ? true : hasOld(ec2.sent.length),
        );
        const id = await play(story);
        ec2.pass(600_000);
        const told = JSON.stringify({ habit, sequence, sent: ec2.sent.length });
        expect([told, ec2.mostAlive <= 1]).toEqual([told, true]);
        expect([told, ec2.alive()]).toEqual([told, id === undefined ? ec2.alive() : [id]]);
        played += 1;
        if (id !== undefined) launched += 1;
      }
    }
  }
  expect(played).toBe(habits.length * markets.length * 125);
  expect(launched).toBeGreaterThan(played / 2);
});

test('each combination of a list goes under a token of its own', async () => {
  const answers = (function* (): Generator<Fate> {
    for (;;) yield 'answered';
  })();
  const quick = { ...habits[0], hiddenMs: 0 } as Habits;
  ec2 = new SimulatedLaunches(
    quick,
    answers,
    (order) => order.launch.instanceType !== 'm4.2xlarge',
  );
  await play({ plans: [listed] });
  const combinations = ec2.sent.map(({ launch: { instanceType, subnetId } }) => [
    instanceType,
    subnetId,
  ]);
  expect(combinations).toEqual([
    ['m4.2xlarge', 'subnet-a'],
    ['m4.2xlarge', 'subnet-b'],
    ['m5.2xlarge', 'subnet-a'],
  ]);
  expect(new Set(ec2.sent.map(({ clientToken }) => clientToken)).size).toBe(3);
});

test('after a reset a machine of the run before it is waited for, and taken', async () => {
  const quick: Habits = {
    ...{ bindsRefused: true, checksFirst: false, gone: 'instance', hiddenMs: 240_000 },
  };
  ec2 = new SimulatedLaunches(quick, [][Symbol.iterator](), () => true);
  const before = await play({ plans: [one] });
  const after = await play({ plans: [other], isReset: true });
  expect(after).toBe(before);
  expect(ec2.mostAlive).toBe(1);
});

test('a machine that is gone is replaced once a person says so, by whatever answer EC2 gives', async () => {
  for (const gone of ['instance', 'IdempotentInstanceTerminated'] as const) {
    const quick: Habits = { bindsRefused: true, checksFirst: false, gone, hiddenMs: 0 };
    ec2 = new SimulatedLaunches(quick, [][Symbol.iterator](), () => true);
    const first = await play({ plans: [one] });
    ec2.end(first ?? '');
    const second = await play({ plans: [one, one] });
    expect(second).not.toBe(first);
    expect(ec2.alive()).toEqual([second]);
  }
});
