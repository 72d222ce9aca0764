import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { prometheusText } from '../../../src/cli/freshness/prometheus';
import type { Verdict } from '../../../src/cli/freshness/verdict';
import { readExposition } from './exposition';

const now = Date.UTC(2026, 10, 24, 5);
const base = {
  installation: 'prod',
  maxAgeSeconds: 93_600,
  answered: true,
  copies: [],
  findings: [],
};
const newestBackup = {
  image: 'ami-2',
  takenAt: '2026-11-24T02:00:00.000Z',
  ageSeconds: 10_800,
};
const lastProvenRestore = { image: 'ami-1', at: '2026-11-20T00:00:00.000Z' };
const fresh: Verdict = { ...base, freshness: 'fresh', newestBackup, lastProvenRestore };
const unanswered: Verdict = { ...base, freshness: 'unknown', answered: false };

/** The numbers of each installation, by the metric's name without its beginning. */
function numbersOf(...verdicts: readonly Verdict[]): Record<string, number[]> {
  const families = [...readExposition(prometheusText(verdicts, now))];
  return Object.fromEntries(
    families.map(([name, samples]) => [
      name.replace('circleci_runbook_', ''),
      samples.map(({ value }) => value),
    ]),
  );
}

it('says what was judged, in the format of Prometheus', () => {
  expect(prometheusText([fresh], now)).toMatchInlineSnapshot(`
    "# HELP circleci_runbook_check_success Whether it could be told how fresh the backups are (1) or not (0).
    # TYPE circleci_runbook_check_success gauge
    circleci_runbook_check_success{installation="prod"} 1
    # HELP circleci_runbook_check_timestamp_seconds When the check was made.
    # TYPE circleci_runbook_check_timestamp_seconds gauge
    circleci_runbook_check_timestamp_seconds{installation="prod"} 1795496400
    # HELP circleci_runbook_backup_max_age_seconds The age that the newest usable backup may have.
    # TYPE circleci_runbook_backup_max_age_seconds gauge
    circleci_runbook_backup_max_age_seconds{installation="prod"} 93600
    # HELP circleci_runbook_backup_fresh Whether the newest usable backup is within its age (1), or older or missing (0).
    # TYPE circleci_runbook_backup_fresh gauge
    circleci_runbook_backup_fresh{installation="prod"} 1
    # HELP circleci_runbook_backup_age_seconds Age of the newest usable backup at the time of the check; +Inf when there is none.
    # TYPE circleci_runbook_backup_age_seconds gauge
    circleci_runbook_backup_age_seconds{installation="prod"} 10800
    # HELP circleci_runbook_newest_backup_timestamp_seconds When the newest usable backup was taken; 0 when there is none.
    # TYPE circleci_runbook_newest_backup_timestamp_seconds gauge
    circleci_runbook_newest_backup_timestamp_seconds{installation="prod"} 1795485600
    # HELP circleci_runbook_last_proven_restore_timestamp_seconds When a restore last proved a backup to be good; 0 for never.
    # TYPE circleci_runbook_last_proven_restore_timestamp_seconds gauge
    circleci_runbook_last_proven_restore_timestamp_seconds{installation="prod"} 1795132800
    "
  `);
});

it('has no usable backup fail every rule, by flag, age and time', () => {
  expect(numbersOf({ ...base, freshness: 'stale' })).toEqual({
    check_success: [1],
    check_timestamp_seconds: [now / 1000],
    backup_max_age_seconds: [93_600],
    backup_fresh: [0],
    backup_age_seconds: [Number.POSITIVE_INFINITY],
    newest_backup_timestamp_seconds: [0],
    last_proven_restore_timestamp_seconds: [0],
  });
});

it('tells the flag from the age of the backup, exactly at its limit too', () => {
  const aged = (ageSeconds: number): Verdict => ({
    ...fresh,
    newestBackup: { ...newestBackup, ageSeconds },
  });
  expect(numbersOf(aged(93_600), aged(93_600.001))['backup_fresh']).toEqual([1, 0]);
});

it('tells no number that nobody knows', () => {
  expect(numbersOf(unanswered)).toEqual({
    check_success: [0],
    check_timestamp_seconds: [now / 1000],
    backup_max_age_seconds: [93_600],
  });
  const { image, takenAt } = newestBackup;
  const skewed = numbersOf({ ...base, freshness: 'unknown', newestBackup: { image, takenAt } });
  expect(skewed).toMatchObject({ check_success: [0] });
  expect(Object.keys(skewed)).not.toContain('backup_fresh');
  expect(Object.keys(skewed)).not.toContain('backup_age_seconds');
});

it('keeps installations apart, one of them without an answer', () => {
  const names = { ...unanswered, installation: 'staging' };
  const families = readExposition(prometheusText([fresh, names], now));
  const success = families.get('circleci_runbook_check_success') ?? [];
  expect(success.map(({ labels, value }) => [labels['installation'], value])).toEqual([
    ['prod', 1],
    ['staging', 0],
  ]);
  expect(families.get('circleci_runbook_backup_fresh')).toHaveLength(1);
});

it('gives back any name of an installation', () => {
  const names = fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', 'n', '{', '}', ',', ' ') });
  fc.assert(
    fc.property(names, (installation) => {
      const families = readExposition(prometheusText([{ ...fresh, installation }], now));
      for (const [sample] of families.values()) expect(sample?.labels).toEqual({ installation });
    }),
  );
});

it('is explained by the page on freshness, metric by metric, and the page names no other', () => {
  const page = readFileSync(join(__dirname, '../../../docs/operate/freshness.md'), 'utf8');
  const named = new Set([...page.matchAll(/circleci_runbook_\w+/g)].map(([name]) => name));
  const finding = { level: 'ok', what: '' } as const;
  const copies = [{ region: 'us-west-2', freshness: 'fresh', ageSeconds: 60, finding }] as const;
  const written = readExposition(prometheusText([{ ...fresh, copies }], now)).keys();
  expect([...named].sort()).toEqual([...written].sort());
});
