import fc from 'fast-check';
import { cronText, readCron } from '../../src/contract/cron';

/** The expression in figures, or what is wrong with it. */
function read(text: string): string {
  const cron = readCron(text);
  return typeof cron === 'string' ? cron : cronText(cron);
}

describe('a cron expression', () => {
  it.each([
    ['30 2 * * *', '30 2 * * *'],
    ['  30  2 * * * ', '30 2 * * *'],
    ['*/15 * * * *', '*/15 * * * *'],
    ['0,15,30,45 * * * *', '*/15 * * * *'],
    ['0 1,2,3,7 * * *', '0 1-3,7 * * *'],
    ['0 8-18/5 * * *', '0 8,13,18 * * *'],
    ['5/20 * * * *', '5,25,45 * * * *'],
    ['0 3 * jan,DEC MON-FRI', '0 3 * 1,12 1-5'],
    ['0 3 * * 7', '0 3 * * 0'],
    ['0 3 * * FRI,5-7', '0 3 * * 0,5,6'],
    ['0 0 1-31 * 0-7', '0 0 * * *'],
    ['0 3 29 2 *', '0 3 29 2 *'],
    ['@daily', '0 0 * * *'],
    ['@weekly', '0 0 * * 0'],
  ])('%p stands for %p', (written, text) => {
    expect(read(written)).toBe(text);
  });

  it('reads back as the same times, whichever they are', () => {
    const some = (min: number, max: number) =>
      fc
        .uniqueArray(fc.integer({ min, max }), { minLength: 1 })
        .map((values) => values.sort((a, b) => a - b));
    const crons = fc.record({
      minute: some(0, 59),
      hour: some(0, 23),
      dayOfMonth: some(1, 28),
      month: some(1, 12),
      dayOfWeek: some(0, 6),
    });
    fc.assert(
      fc.property(crons, (cron) => {
        expect(readCron(cronText(cron))).toEqual(cron);
      }),
    );
  });

  it.each([
    ['every night', /^is no cron expression: write minute, hour, .* "30 2 \* \* \*"/],
    ['0 30 2 * * *', /^is no cron expression/],
    ['@midnight-ish', /^is no cron expression/],
    ['60 2 * * *', /^has "60" as minute, which takes 0-59$/],
    ['0 24 * * *', /^has "24" as hour, which takes 0-23$/],
    ['0 2 0 * *', /^has "0" as day of the month, which takes 1-31$/],
    ['0 2 * 13 *', /^has "13" as month, which takes 1-12 or JAN-DEC$/],
    ['0 2 * * 8', /^has "8" as day of the week, which takes 0-6 or SUN-SAT$/],
    ['0 2 * * MONDAY', /^has "MONDAY" as day of the week/],
    ['0 5-2 * * *', /^has "5-2" as hour/],
    ['0 2 * * MON-', /^has "MON-" as day of the week/],
    ['0 */0 * * *', /^has "\*\/0" as hour/],
    ['0 *-5 * * *', /^has "\*-5" as hour/],
    ['0 2, * * *', /^has "" as hour/],
    ['0 -2 * * *', /^has "-2" as hour/],
    ['0 2 ? * *', /^has "\?" as day of the month/],
    ['0 2 31 4,6 *', /^never comes: none of its months has such a day$/],
    ['0 2 30 FEB *', /^never comes/],
  ])('%p is refused', (written, problem) => {
    expect(read(written)).toMatch(problem);
  });
});
