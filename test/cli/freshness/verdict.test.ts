import { judgeCopies } from '../../../src/cli/freshness/copies';
import { prometheusText } from '../../../src/cli/freshness/prometheus';
import { verdictOf, verdictWithoutAws, worst } from '../../../src/cli/freshness/verdict';
import type { BackupImage } from '../../../src/machine/backups/backups';
import { copyTags } from '../../../src/machine/backups/copies';
import { backupAt } from '../../machine/backups/sample-backups';

const hour = 3600;
const midnight = Date.UTC(2026, 10, 24);

/** The verdict at so many hours after midnight, with a limit of 26 hours. */
function at(hours: number, backups: readonly BackupImage[]) {
  const limits = { maxAgeSeconds: 26 * hour, imageLimitSeconds: 12 * hour };
  return verdictOf({
    installation: 'prod',
    now: midnight + hours * hour * 1000,
    ...limits,
    backups,
    copies: [],
  });
}

/** The lines about backups as a person reads them, without what to do. */
function linesOf({ findings }: ReturnType<typeof at>): string[] {
  const lines = findings.map(({ level, what }) => `${level} ${what}`);
  return lines.filter((line) => !line.includes('proven'));
}

const proven = (hours: number, tag: string): BackupImage =>
  backupAt(hours, { tags: { 'runbook:proven': tag } });

describe('the newest usable backup', () => {
  const second = 1 / hour;
  it.each([
    ['a moment old', 2, 'fresh', '0 s'],
    ['some hours old', 5.5, 'fresh', '3 h 30 min'],
    ['exactly as old as it may be', 28, 'fresh', '26 h'],
    ['a second older than that', 28 + second, 'stale', '26 h 1 s'],
    ['days old', 80, 'stale', '3 days 6 h'],
    ['from a clock that is a little ahead', 2 - 300 * second, 'fresh', '0 s'],
  ])('%s', (_what, now, freshness, age) => {
    const verdict = at(now, [backupAt(2)]);
    expect(verdict.freshness).toBe(freshness);
    expect(linesOf(verdict)).toEqual([
      `${freshness === 'fresh' ? 'ok' : 'FAIL'} prod: newest usable backup ami-2 taken ` +
        `2026-11-24 02:00 UTC, age ${age} of 26 h`,
    ]);
    expect(verdict.newestBackup?.ageSeconds).toBeGreaterThanOrEqual(0);
    expect(verdict.newestBackup).toMatchObject({
      image: 'ami-2',
      takenAt: '2026-11-24T02:00:00.000Z',
    });
  });

  it('that comes from the future proves that this clock is wrong: its age is not known', () => {
    const verdict = at(-20, [backupAt(2)]);
    expect(verdict.freshness).toBe('unknown');
    expect(verdict.newestBackup).toEqual({ image: 'ami-2', takenAt: '2026-11-24T02:00:00.000Z' });
    expect(verdict.findings[0]).toMatchObject({
      level: 'FAIL',
      what: expect.stringContaining("22 h ahead of this machine's clock"),
      todo: expect.stringContaining('clock'),
    });
  });

  it('without a date is not taken for a young one', () => {
    const verdict = at(3, [backupAt(2, { createdAt: '' })]);
    expect(verdict.freshness).toBe('unknown');
    expect(verdict.findings[0]?.what).toMatch(/its age is not known$/);
  });

  it('is missing where there is none', () => {
    const verdict = at(2, []);
    expect(verdict).toMatchObject({ freshness: 'stale', answered: true });
    expect(verdict.newestBackup).toBeUndefined();
    expect(linesOf(verdict)).toEqual(['FAIL prod: there is no usable backup']);
    expect(verdict.findings[0]?.todo).toContain('runbook backup prod');
  });

  it('is a warning until it is verified', () => {
    const image = backupAt(2);
    const { 'runbook:verified': _verdict, ...tags } = image.tags;
    const verdict = at(3, [{ ...image, tags }]);
    expect(verdict.freshness).toBe('fresh');
    expect(verdict.findings[0]).toMatchObject({
      level: 'warn',
      what: expect.stringMatching(/age 1 h of 26 h, not verified$/),
      todo: 'see runbook report backup-prod-k3f9',
    });
  });
});

describe('a newer image that cannot be used', () => {
  const good = backupAt(2);

  it.each([
    ['that is being made', 5, { state: 'pending' }, 'ok', 'is pending'],
    [
      'that AWS does not finish',
      18,
      { state: 'pending' },
      'warn',
      'is pending for longer than 12 h',
    ],
    ['that AWS gave up', 5, { state: 'failed' }, 'warn', 'is failed'],
    [
      'that was found wanting',
      5,
      { tags: { 'runbook:verified': 'no: it holds 1 of 2 volumes' } },
      'warn',
      'failed its verification (it holds 1 of 2 volumes)',
    ],
    [
      'without a record',
      5,
      { tags: { 'runbook:record.1': 'x' } },
      'warn',
      'has no readable record',
    ],
  ] as const)('%s is told, and does not count', (_what, now, image, level, why) => {
    const verdict = at(now, [backupAt(4, image), good]);
    expect(verdict.freshness).toBe('fresh');
    expect(verdict.newestBackup?.image).toBe('ami-2');
    expect(linesOf(verdict)[1]).toBe(
      `${level} prod: backup ami-4 begun 2026-11-24 04:00 UTC ${why}`,
    );
    expect(verdict.findings[1]?.todo === undefined).toBe(level === 'ok');
  });

  it('is not told when a newer one is good', () => {
    expect(linesOf(at(5, [good, backupAt(1, { state: 'failed' })]))).toHaveLength(1);
  });

  it('is told even where there is none that can be used', () => {
    expect(linesOf(at(5, [backupAt(4, { state: 'failed' })]))).toEqual([
      'FAIL prod: there is no usable backup',
      'warn prod: backup ami-4 begun 2026-11-24 04:00 UTC is failed',
    ]);
  });

  it('is counted, not listed, when there are many', () => {
    const failed = Array.from({ length: 40 }, (_, index) =>
      backupAt(3 + index, { state: 'failed' }),
    );
    const lines = linesOf(at(50, [good, ...failed]));
    expect(lines).toHaveLength(7);
    expect(lines[1]).toContain('ami-42 ');
    expect(lines.at(-1)).toBe('warn prod: 35 more that cannot be used');
  });
});

describe('the last proven restore', () => {
  const provenLines = (backups: readonly BackupImage[]): string[] =>
    at(50, backups)
      .findings.slice(1)
      .map(({ level, what }) => `${level} ${what}`);

  it('is only a warning when there was never one', () => {
    const verdict = at(3, [backupAt(2)]);
    expect(verdict.freshness).toBe('fresh');
    expect(verdict.lastProvenRestore).toBeUndefined();
    expect(verdict.findings[1]).toMatchObject({
      level: 'warn',
      what: 'prod: no restore of a backup was ever proven',
    });
  });

  it('is the one that was made last, of whatever image', () => {
    const backups = [
      backupAt(49),
      proven(30, '2026-11-25T12:00:00.000Z passed'),
      proven(40, '2026-11-25T20:00:00.000Z passed'),
      proven(20, '2026-11-26T00:00:00.000Z passed'),
    ];
    expect(provenLines(backups)).toEqual([
      'ok prod: last proven restore 2026-11-26 00:00 UTC (2 h ago), from ami-20',
    ]);
    expect(at(50, backups).lastProvenRestore).toEqual({
      image: 'ami-20',
      at: '2026-11-26T00:00:00.000Z',
    });
  });

  it('does not hide that a later one failed, nor the other way round', () => {
    const passed = '2026-11-25T12:00:00.000Z passed';
    const failed = '2026-11-25T22:00:00.000Z failed: the app did not start';
    expect(provenLines([backupAt(49), proven(30, passed), proven(40, failed)])).toEqual([
      'warn prod: the last test restore failed, 2026-11-25 22:00 UTC from ami-40: the app did not start',
      'ok prod: last proven restore 2026-11-25 12:00 UTC (14 h ago), from ami-30',
    ]);
    const repaired = '2026-11-25T23:00:00.000Z passed';
    expect(provenLines([backupAt(49), proven(30, repaired), proven(40, failed)])).toHaveLength(1);
  });

  it('with a tag that cannot be read proves nothing', () => {
    expect(provenLines([backupAt(49), proven(40, 'passed')])).toEqual([
      'warn prod: the tag runbook:proven of ami-40 cannot be read',
      'warn prod: no restore of a backup was ever proven',
    ]);
  });
});

describe('the verdict', () => {
  it('is unknown where AWS did not answer, with its reason', () => {
    const verdict = verdictWithoutAws(
      { installation: 'prod', maxAgeSeconds: 60, now: midnight, copies: [] },
      'denied',
    );
    expect(verdict).toMatchObject({ freshness: 'unknown', answered: false });
    expect(verdict.findings[0]?.what).toBe('prod: AWS could not be asked: denied');
  });

  it('on several is the worst of them', () => {
    const [fresh, unknown, stale] = (['fresh', 'unknown', 'stale'] as const).map((freshness) => ({
      freshness,
    }));
    expect(worst([])).toBe('fresh');
    expect(worst([fresh, unknown].flatMap((one) => one ?? []))).toBe('unknown');
    expect(worst([unknown, stale, fresh].flatMap((one) => one ?? []))).toBe('stale');
  });
});

describe('copies in another region', () => {
  const west = (images: readonly BackupImage[] | { readonly unknown: string }) => ({
    region: 'us-west-2',
    images,
  });
  const asked = {
    installation: 'prod',
    now: midnight + 10 * hour * 1000,
    maxAgeSeconds: 26 * hour,
  };
  const copyOf = (image: BackupImage): BackupImage => ({
    ...image,
    id: 'ami-copy',
    // Copied long after it was taken: what counts is what it holds.
    createdAt: new Date(midnight + 9 * hour * 1000).toISOString(),
    tags: copyTags(image.tags, {
      region: 'us-east-1',
      imageId: image.id,
      createdAt: image.createdAt,
    }),
  });

  it('are as old as what they hold', () => {
    const old = backupAt(-20);
    expect(judgeCopies(asked, west([copyOf(old)]))).toMatchObject({
      freshness: 'stale',
      image: 'ami-copy',
      ageSeconds: 30 * hour,
    });
    const recent = backupAt(0);
    expect(judgeCopies(asked, west([copyOf(recent)]))).toMatchObject({
      freshness: 'fresh',
      ageSeconds: 10 * hour,
    });
  });

  it('are missed where there is none, and unknown where nobody answers', () => {
    expect(judgeCopies(asked, west([]))).toMatchObject({ freshness: 'stale' });
    expect(judgeCopies(asked, west({ unknown: 'timed out' }))).toMatchObject({
      freshness: 'unknown',
      finding: { what: 'prod: us-west-2 could not be asked: timed out' },
    });
  });

  it('are told also where the region of the installation is silent', () => {
    const copies = [west([copyOf(backupAt(0))])];
    const verdict = verdictWithoutAws({ ...asked, copies }, 'timed out');
    expect(verdict.freshness).toBe('unknown');
    expect(verdict.findings.map(({ level }) => level)).toEqual(['FAIL', 'warn']);
    expect(prometheusText([verdict], asked.now)).toContain(
      'circleci_runbook_copy_age_seconds{installation="prod",region="us-west-2"} 36000\n',
    );
  });
});
