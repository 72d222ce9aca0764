/** Verdicts in the text format of Prometheus, for node_exporter's textfile collector. */
import type { Verdict } from './verdict';

interface Metric {
  readonly name: string;
  readonly help: string;
  /** Undefined leaves the installation out: a number that nobody knows is no 0. */
  readonly value: (verdict: Verdict, now: number) => number | undefined;
}

// One sample for each region: nobody knows the age where the region did not answer.
const copyAge = {
  name: 'circleci_runbook_copy_age_seconds',
  help: 'Age of the newest usable copy in another region; +Inf when there is none.',
};

const metrics: readonly Metric[] = [
  {
    name: 'check_success',
    help: 'Whether it could be told how fresh the backups are (1) or not (0).',
    value: ({ freshness }) => (freshness === 'unknown' ? 0 : 1),
  },
  {
    name: 'check_timestamp_seconds',
    help: 'When the check was made.',
    value: (_verdict, now) => now / 1000,
  },
  {
    name: 'backup_max_age_seconds',
    help: 'The age that the newest usable backup may have.',
    value: ({ maxAgeSeconds }) => maxAgeSeconds,
  },
  {
    name: 'backup_fresh',
    help: 'Whether the newest usable backup is within its age (1), or older or missing (0).',
    value: (verdict) => {
      const age = ageOf(verdict);
      return age === undefined ? undefined : Number(age <= verdict.maxAgeSeconds);
    },
  },
  {
    name: 'backup_age_seconds',
    help: 'Age of the newest usable backup at the time of the check; +Inf when there is none.',
    value: ageOf,
  },
  {
    name: 'newest_backup_timestamp_seconds',
    help: 'When the newest usable backup was taken; 0 when there is none.',
    value: ({ answered, newestBackup }) => secondsOf(answered, newestBackup?.takenAt),
  },
  {
    name: 'last_proven_restore_timestamp_seconds',
    help: 'When a restore last proved a backup to be good; 0 for never.',
    value: ({ answered, lastProvenRestore }) => secondsOf(answered, lastProvenRestore?.at),
  },
];

/** The whole file; times are in milliseconds since the epoch. */
export function prometheusText(verdicts: readonly Verdict[], now: number): string {
  const families = metrics.map(({ name, help, value }) => {
    const full = `circleci_runbook_${name}`;
    const samples = verdicts.flatMap((verdict) => {
      const number = value(verdict, now);
      if (number === undefined) return [];
      return [`${full}{installation="${escaped(verdict.installation)}"} ${written(number)}\n`];
    });
    return samples.length === 0
      ? ''
      : `# HELP ${full} ${help}\n# TYPE ${full} gauge\n${samples.join('')}`;
  });
  return families.join('') + copyAges(verdicts);
}

function copyAges(verdicts: readonly Verdict[]): string {
  const { name, help } = copyAge;
  const samples = verdicts.flatMap(({ installation, copies }) =>
    copies.flatMap(({ region, freshness, ageSeconds }) => {
      if (freshness === 'unknown') return [];
      const labels = `installation="${escaped(installation)}",region="${escaped(region)}"`;
      return [`${name}{${labels}} ${written(ageSeconds ?? Number.POSITIVE_INFINITY)}\n`];
    }),
  );
  if (samples.length === 0) return '';
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${samples.join('')}`;
}

// Without any backup every limit is exceeded, also in a rule that compares ages by itself.
function ageOf({ answered, newestBackup }: Verdict): number | undefined {
  if (!answered) return undefined;
  return newestBackup === undefined ? Number.POSITIVE_INFINITY : newestBackup.ageSeconds;
}

function secondsOf(answered: boolean, iso: string | undefined): number | undefined {
  if (!answered) return undefined;
  return iso === undefined ? 0 : Date.parse(iso) / 1000;
}

function written(value: number): string {
  return value === Number.POSITIVE_INFINITY ? '+Inf' : String(value);
}

function escaped(label: string): string {
  return label.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}
