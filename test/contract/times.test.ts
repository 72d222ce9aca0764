import type { JournalEntry } from '../../src/contract/journal';
import { timesOf } from '../../src/contract/times';

const at = (second: number) => new Date(Date.UTC(2026, 10, 29) + second * 1000).toISOString();
const line = (from: number, to: number | undefined, more: Partial<JournalEntry>): JournalEntry => ({
  kind: 'step',
  title: 'a line',
  state: 'done',
  startedAt: at(from),
  ...(to === undefined ? {} : { endedAt: at(to) }),
  ...more,
});

test('the time of a run is told by what it waited for', () => {
  const journal = [
    line(0, 10, { waitsFor: 'AWS' }),
    line(10, 40, { kind: 'approval' }),
    line(40, 90, { waitsFor: 'machine' }),
    line(90, 95, { kind: 'failure' }),
    line(95, 97, { waitsFor: 'machine' }),
    line(97, 98, {}),
    line(98, undefined, { waitsFor: 'AWS' }),
  ];
  const times = timesOf({ startedAt: at(0), endedAt: at(100), journal });
  expect(times).toEqual({ total: 100, AWS: 10, machine: 52, person: 35 });
});
