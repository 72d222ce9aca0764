import fc from 'fast-check';
import { decide, type Candidate, type KeepRules } from '../../../src/machine/backups/retention';

const usable = (takenAt: string, more: Partial<Candidate> = {}): Candidate => ({
  id: `ami-${takenAt}`,
  takenAt,
  state: 'usable',
  ...more,
});
const kept = (candidates: readonly Candidate[], rules: KeepRules): string[] =>
  decide(candidates, rules)
    .filter(({ keep }) => keep)
    .map(({ takenAt }) => takenAt);

const days = ['01', '02', '03', '04', '05', '06', '07', '08', '09', '10'];
/** Two a day, at 03:00 and at 15:00. */
const twiceDaily = days.flatMap((day) =>
  ['03', '15'].map((hour) => usable(`2026-11-${day}T${hour}:00:00Z`)),
);

describe('the rules', () => {
  test('last keeps the newest ones', () => {
    expect(kept(twiceDaily, { last: 3 })).toEqual([
      '2026-11-10T15:00:00Z',
      '2026-11-10T03:00:00Z',
      '2026-11-09T15:00:00Z',
    ]);
  });

  test('daily keeps the newest of each of the last days that have one', () => {
    const gap = twiceDaily.filter(({ takenAt }) => !takenAt.startsWith('2026-11-09'));
    expect(kept(gap, { daily: 3 })).toEqual([
      '2026-11-10T15:00:00Z',
      '2026-11-08T15:00:00Z',
      '2026-11-07T15:00:00Z',
    ]);
  });

  test('weekly counts the weeks of ISO 8601, also over the turn of a year', () => {
    const turn = ['2026-12-27', '2026-12-28', '2027-01-03', '2027-01-04'].map((day) =>
      usable(`${day}T03:00:00Z`),
    );
    const verdicts = decide(turn, { weekly: 3 });
    expect(verdicts.map(({ keep, because }) => [keep, because.join('; ')])).toEqual([
      [true, 'it is the newest usable one; weekly 2027-W01'],
      [true, 'weekly 2026-W53'],
      [false, 'no rule keeps it'],
      [true, 'weekly 2026-W52'],
    ]);
  });

  test('monthly and within add up with the others', () => {
    const months = ['2026-08-31', '2026-09-30', '2026-10-31', '2026-11-10'].map((day) =>
      usable(`${day}T00:00:00Z`),
    );
    expect(kept(months, { monthly: 2 })).toEqual(['2026-11-10T00:00:00Z', '2026-10-31T00:00:00Z']);
    expect(kept(months, { within: 42 * 86_400 })).toEqual([
      '2026-11-10T00:00:00Z',
      '2026-10-31T00:00:00Z',
      '2026-09-30T00:00:00Z',
    ]);
  });

  test('count usable backups only', () => {
    const failed = usable('2026-11-11T03:00:00Z', { state: 'unusable' });
    const verdicts = decide([...twiceDaily, failed], { last: 1 });
    expect(verdicts[0]).toMatchObject({
      keep: true,
      because: ['it is not usable, but no newer one is'],
    });
    expect(verdicts[1]).toMatchObject({ takenAt: '2026-11-10T15:00:00Z', keep: true });
    const later = usable('2026-11-12T03:00:00Z');
    expect(decide([failed, later], { last: 1 })[1]).toMatchObject({
      keep: false,
      because: ['it is not usable, and a newer one is'],
    });
  });
});

describe('images of one backup', () => {
  const old = usable('2026-11-01T03:00:00Z', { backup: 'old' });
  const anew = { ...old, id: 'ami-anew' };
  const young = usable('2026-11-02T03:00:00Z', { backup: 'young' });

  test('count as one: a copy that was made later is not the newest, nor the last', () => {
    const verdicts = decide([old, anew, young], { last: 1 });
    expect(verdicts.map(({ id, keep }) => [id, keep])).toEqual([
      [young.id, true],
      ['ami-anew', false],
      [old.id, false],
    ]);
  });

  test('stay together where a rule keeps the backup', () => {
    const older = usable('2026-10-01T03:00:00Z', { backup: 'older' });
    expect(kept([older, old, anew, young], { last: 2 })).toEqual([
      young.takenAt,
      old.takenAt,
      old.takenAt,
    ]);
  });
});

test('the newest stays that no drill found bad, besides what the rules keep', () => {
  const bad = { isFoundBad: true };
  const all = [
    usable('2026-11-03T03:00:00Z', bad),
    usable('2026-11-02T03:00:00Z', bad),
    usable('2026-11-01T03:00:00Z'),
  ];
  expect(kept(all, { last: 1 })).toEqual(['2026-11-03T03:00:00Z', '2026-11-01T03:00:00Z']);
});

test('the last that AWS made of the machine stays, whatever the records say', () => {
  const late = usable('2026-11-03T03:00:00Z', { imagedAt: '2026-11-03T03:01:00Z' });
  // Its clock was days behind.
  const last = usable('2026-11-01T03:00:00Z', { imagedAt: '2026-11-04T03:00:00Z' });
  const before = usable('2026-11-02T03:00:00Z', { imagedAt: '2026-11-02T03:01:00Z' });
  expect(kept([late, last, before], { last: 1 })).toEqual([late.takenAt, last.takenAt]);
});

const rules: fc.Arbitrary<KeepRules> = fc.record(
  {
    last: fc.integer({ min: 1, max: 5 }),
    daily: fc.integer({ min: 1, max: 5 }),
    weekly: fc.integer({ min: 1, max: 5 }),
    monthly: fc.integer({ min: 1, max: 5 }),
    within: fc.integer({ min: 1, max: 40 * 86_400 }),
  },
  { requiredKeys: [] },
);
const start = Date.UTC(2026, 0, 1);
const backup: fc.Arbitrary<Omit<Candidate, 'id'>> = fc.record(
  {
    takenAt: fc
      .integer({ min: 0, max: 400 * 24 })
      .map((h) => new Date(start + h * 3_600_000).toISOString()),
    state: fc.constantFrom(
      'usable' as const,
      'usable' as const,
      'pending' as const,
      'unusable' as const,
    ),
    held: fc.constant('by law'),
    provenAt: fc
      .integer({ min: 0, max: 400 })
      .map((d) => new Date(start + d * 86_400_000).toISOString()),
    usedBy: fc.constant('restore-prod-1'),
  },
  { requiredKeys: ['takenAt', 'state'] },
);
const backups = fc
  .array(backup, { maxLength: 40 })
  .map((all): Candidate[] => all.map((one, index) => ({ ...one, id: `ami-${String(index)}` })));

describe('whatever the rules are', () => {
  test('the newest usable, the last proven, held, used and unfinished ones stay', () => {
    fc.assert(
      fc.property(backups, rules, (all, keep) => {
        const removed = new Set(
          decide(all, keep)
            .filter((one) => !one.keep)
            .map(({ id }) => id),
        );
        const gone = all.filter(({ id }) => removed.has(id));
        const times = (some: readonly Candidate[]): number[] =>
          some.map(({ takenAt }) => Date.parse(takenAt));
        expect(
          gone.filter(
            ({ held, usedBy, state }) => held ?? usedBy ?? (state === 'pending' ? 'x' : undefined),
          ),
        ).toEqual([]);
        const left = all.filter(({ id }) => !removed.has(id));
        const newest = Math.max(...times(all.filter(({ state }) => state === 'usable')));
        expect(Math.max(...times(left.filter(({ state }) => state === 'usable')))).toBe(newest);
        const proven = (some: readonly Candidate[]): number =>
          Math.max(...some.flatMap(({ provenAt }) => (provenAt ? Date.parse(provenAt) : [])));
        expect(proven(left)).toBe(proven(all));
      }),
    );
  });

  test('every backup has one verdict with a reason, and the order of the input says nothing', () => {
    fc.assert(
      fc.property(backups, rules, (all, keep) => {
        const verdicts = decide(all, keep);
        expect(verdicts.map(({ id }) => id).sort()).toEqual(all.map(({ id }) => id).sort());
        expect(verdicts.every(({ because }) => because.length > 0)).toBe(true);
        expect(decide([...all].reverse(), keep)).toEqual(verdicts);
      }),
    );
  });

  test('what was kept once is kept again', () => {
    fc.assert(
      fc.property(backups, rules, (all, keep) => {
        const left = new Set(
          decide(all, keep)
            .filter((one) => one.keep)
            .map(({ id }) => id),
        );
        const again = decide(
          all.filter(({ id }) => left.has(id)),
          keep,
        );
        expect(again.filter((one) => !one.keep)).toEqual([]);
      }),
    );
  });

  test('a larger rule keeps no less', () => {
    fc.assert(
      fc.property(backups, fc.integer({ min: 1, max: 9 }), (all, count) => {
        for (const rule of ['last', 'daily', 'weekly', 'monthly'] as const) {
          const few = kept(all, { [rule]: count });
          expect(kept(all, { [rule]: count + 1 })).toEqual(expect.arrayContaining(few));
        }
      }),
    );
  });
});
