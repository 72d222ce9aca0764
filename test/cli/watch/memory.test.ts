/** Each fact is told once, and once when it ends; what cannot be looked at has not ended. */
import { gateFacts, pausedFacts, taskFact, type Fact } from '../../../src/cli/watch/facts';
import { afterLook, readMemory } from '../../../src/cli/watch/memory';

const fact: Fact = { key: 'worker/runbook', area: 'temporal', what: 'No worker', todo: 'Start it' };
const first = '2026-11-24T03:10:00.000Z';
const later = '2026-11-24T03:20:00.000Z';
const nothing = { facts: [], unseen: [] };

test('what lasts keeps since when it lasts and who heard of it', () => {
  const [seen] = afterLook([], { facts: [fact], unseen: [] }, first);
  expect(seen).toMatchObject({ since: first, heard: [] });
  const told = [{ ...fact, since: first, heard: ['slack'] }];
  expect(afterLook(told, { facts: [fact], unseen: [] }, later)).toEqual(told);
});

test('what ends is told as over, if anybody heard of it', () => {
  const told = [{ ...fact, since: first, heard: ['slack'] }];
  const over = afterLook(told, nothing, later);
  expect(over).toEqual([{ ...fact, since: first, heard: [], over: true }]);
  // Until somebody took it, and beside a fact that comes again.
  expect(afterLook(over, nothing, later)).toEqual(over);
  expect(afterLook(over, { facts: [fact], unseen: [] }, later)).toEqual([
    { ...fact, since: later, heard: [] },
    ...over,
  ]);
  expect(afterLook([{ ...fact, since: first, heard: [] }], nothing, later)).toEqual([]);
});

test('what cannot be looked at has not ended', () => {
  const told = [{ ...fact, since: first, heard: ['slack'] }];
  expect(afterLook(told, { facts: [], unseen: ['temporal'] }, later)).toEqual(told);
});

test.each(['', 'half of {', '{}', '[1,null,{"key":"x"}]', '\u0000'])(
  'a state file that holds %j is no crash',
  (text) => {
    expect(readMemory(text)).toEqual([]);
  },
);

test('a memory survives its file', () => {
  const told = [{ ...fact, since: first, heard: ['slack'], over: true }];
  expect(readMemory(JSON.stringify(told))).toEqual(told);
});

const soon = new Date(Date.now() + 60_000).toISOString();
const gate = {
  ...{ id: 'launch-k3f9', title: 'Approve the launch', details: '', example: '' },
  ...{ answers: ['approve', 'reject'] as const, openedAt: first, expiresAt: soon },
};

test('a gate is a fact when its end is near', () => {
  expect(gateFacts('restore-1', { gate }, 3600)).toMatchObject([
    {
      key: 'gate/restore-1/launch-k3f9',
      todo: expect.stringContaining('runbook status restore-1'),
    },
  ]);
  expect(gateFacts('restore-1', { gate }, 30)).toEqual([]);
  expect(gateFacts('restore-1', undefined, 3600)).toEqual([]);
});

test('a workflow task is stuck by its attempts, or where the server reports problems', () => {
  expect(taskFact('r', { pendingWorkflowTask: { attempt: 1 } })).toBeUndefined();
  expect(taskFact('r', {})).toBeUndefined();
  expect(taskFact('r', { pendingWorkflowTask: { attempt: 7 } })?.what).toContain('(attempt 7)');
  const indexedFields = { TemporalReportedProblems: {} };
  const reported = { workflowExecutionInfo: { searchAttributes: { indexedFields } } };
  expect(taskFact('r', reported)).toMatchObject({ key: 'task/r' });
});

test('an activity that was paused is a fact when it was forgotten', () => {
  const at = (ago: number) => ({ seconds: Math.floor(Date.now() / 1000) - ago });
  const paused = (ago: number) => ({
    pendingActivities: [
      {
        activityId: '7',
        activityType: { name: 'stopApp' },
        paused: true,
        pauseInfo: { pauseTime: at(ago) },
      },
    ],
  });
  expect(pausedFacts('r', paused(7200), 3600)).toMatchObject([{ key: 'paused/r/7' }]);
  expect(pausedFacts('r', paused(60), 3600)).toEqual([]);
  expect(pausedFacts('r', { pendingActivities: [{ paused: false }] }, 0)).toEqual([]);
});
