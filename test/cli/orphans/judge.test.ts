import { judgeMachine, type MadeMachine, type Owner } from '../../../src/cli/orphans/judge';

const now = Date.parse('2026-11-29T12:00:00Z');
const made = (kind: string, tags: Readonly<Record<string, string>> = {}): MadeMachine => ({
  id: 'i-0123456789abcdef0',
  region: 'us-east-1',
  state: 'running',
  firstLaunchedAt: '2026-11-29T05:00:00.000Z',
  tags: {
    'runbook:installation': 'prod',
    'runbook:kind': kind,
    'runbook:run': `${kind}-prod-1`,
    ...tags,
  },
});
const judged = (machine: MadeMachine, owner: Owner) => {
  const orphan = judgeMachine(machine, owner, now);
  return orphan && { past: orphan.isPastItsTime, why: orphan.why };
};
const until = (time: string) => ({ 'runbook:expires': time });

describe('the machine of a drill', () => {
  const young = made('drill', until('2026-11-29T13:00:00.000Z'));
  const late = made('drill', until('2026-11-29T11:00:00.000Z'));

  test('is no orphan while its run is open', () => {
    expect(judged(young, 'open')).toBeUndefined();
  });
  test.each(['closed', 'unknown'] as const)('is listed, not ended, when its run is %s', (owner) => {
    expect(judged(young, owner)).toMatchObject({
      past: false,
      why: expect.stringContaining('it ends itself at 2026-11-29 13:00 UTC'),
    });
  });
  test.each(['open', 'closed', 'unknown'] as const)(
    'is past its time when it should have ended, its run being %s',
    (owner) => expect(judged(late, owner)).toMatchObject({ past: true }),
  );
  test('may be late by what clocks differ', () => {
    const justNow = made('drill', until('2026-11-29T11:56:00.000Z'));
    expect(judged(justNow, 'closed')).toMatchObject({ past: false });
  });
  test.each([{}, until('tomorrow')])('is never ended on an unreadable word (%j)', (tags) => {
    expect(judged(made('drill', tags), 'closed')).toMatchObject({
      past: false,
      why: expect.stringContaining('not known'),
    });
  });
});

describe('a spare', () => {
  const inState = (state: string) => made('spare', { 'runbook:state': state });
  test.each([
    ['ready', 'closed', undefined],
    ['making', 'open', undefined],
    ['making', 'closed', { past: false }],
    ['making', 'unknown', { past: false }],
    ['superseded', 'open', { past: true }],
    ['superseded', 'unknown', { past: true }],
  ] as const)('that is %s, its run being %s', (state, owner, expected) => {
    const found = judged(inState(state), owner);
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(expected);
  });
});

describe('the machine of a restore', () => {
  test('is no orphan once it is restored, or while its run is open', () => {
    expect(judged(made('restore', { 'runbook:state': 'restored' }), 'closed')).toBeUndefined();
    expect(judged(made('restore', { 'runbook:state': 'restoring' }), 'open')).toBeUndefined();
  });
  test.each(['closed', 'unknown'] as const)('is listed and never ended (%s)', (owner) => {
    const tags = { 'runbook:state': 'aborted: by ana', 'runbook:todo': '6. Restart the app' };
    const found = judged(made('restore', { ...tags, ...until('2020-01-01T00:00:00Z') }), owner);
    expect(found?.past).toBe(false);
    expect(found?.why).toContain('aborted: by ana; left to do: 6. Restart the app');
    // While nobody knows whether its run is open, nobody is told to end it.
    expect(found?.why.includes('terminate')).toBe(owner === 'closed');
  });
});

test('a machine of another kind is not judged', () => {
  expect(judgeMachine(made('something'), 'closed', now)).toBeUndefined();
});
