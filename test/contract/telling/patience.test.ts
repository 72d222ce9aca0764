/** How long people wait to hear of something when a receiver is down, in virtual time. */
import { nextReminder, remindersOf, stretch } from '../../../src/contract/telling/patience';

const limits = { retryAfter: 5, attempts: 4 };
const minute = 60;
const hour = 60 * minute;

/**
 * When Temporal makes the tries of a message that nobody takes until `up`: the pause doubles up to
 * the longest, and a stretch ends where its next try would come too late.
 */
function triesUntil(up: number): number[] {
  const tries: number[] = [];
  let began = 0;
  for (let index = 0; index < 50; index += 1) {
    const { firstPause, longestPause, lasts, attempts = Infinity } = stretch(index, limits);
    let at = began;
    let pause = firstPause;
    for (let made = 1; ; made += 1) {
      tries.push(at);
      if (at >= up) return tries;
      if (made === attempts || at + pause > began + lasts) break;
      at += pause;
      pause = Math.min(2 * pause, longestPause);
    }
    began = at;
  }
  throw new Error('never told');
}

test('a receiver that is down for an hour hears within a quarter of an hour of its return', () => {
  const tries = triesUntil(hour);
  const last = tries.at(-1) ?? 0;
  expect(last).toBeGreaterThanOrEqual(hour);
  expect(last).toBeLessThanOrEqual(hour + 15 * minute);
  // Soon at first, then no more often than is of use.
  expect(tries.slice(0, 4)).toEqual([0, 5, 15, 35]);
  expect(tries.length).toBeLessThan(30);
});

test.each([2 * minute, 10 * minute, 3 * hour, 30 * hour, 6.9 * 24 * hour])(
  'there is no silence longer than a quarter of an hour while it is down for %d s',
  (down) => {
    const tries = triesUntil(down);
    const gaps = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(15 * minute);
  },
);

test('a week of it is a dozen activities in the history of the run', () => {
  let began = 0;
  let index = 0;
  for (; began < 7 * 24 * hour; index += 1) began += stretch(index, limits).lasts;
  expect(index).toBeLessThan(12);
});

const reminding = { after: hour, beforeEnd: hour, appStopped: 15 * minute };

test.each([
  ['7 days', 7 * 24 * hour, [hour, 84 * hour, 167 * hour]],
  ['2 hours: one', 2 * hour, [hour]],
  ['1 hour: at its half', hour, [30 * minute]],
  ['10 minutes', 10 * minute, [5 * minute]],
])('a gate that is open for %s is told again', (_name, gate, times) => {
  expect(remindersOf(gate, reminding)).toEqual(times);
});

/** When a gate is told again, if an app is stopped meanwhile. */
function timesWhileStopped(gateSeconds: number): number[] {
  const times: number[] = [];
  for (let now = 0; ;) {
    const next = nextReminder({ gateSeconds, now, given: times.length }, true, reminding);
    if (next === undefined) return times;
    times.push(next);
    now = next;
  }
}

test('while an app is stopped, every quarter of an hour', () => {
  const times = timesWhileStopped(2 * hour);
  expect(times.map((at) => at / minute)).toEqual([15, 30, 45, 60, 75, 90, 105]);
});

test('and after two days of it every hour, so that the history stays short', () => {
  const times = timesWhileStopped(7 * 24 * hour);
  expect(times.length).toBeLessThan(330);
  expect(times.length).toBeGreaterThan(300);
});

test('a gate that is over is not told again', () => {
  const gate = { gateSeconds: hour, now: 59 * minute, given: 3 };
  expect(nextReminder(gate, false, reminding)).toBeUndefined();
  expect(nextReminder(gate, true, reminding)).toBeUndefined();
});
