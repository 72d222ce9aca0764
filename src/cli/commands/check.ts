/**
 * `runbook check`: whether each installation has a backup that is new enough. It asks EC2 for the
 * tags of images and nobody else, because it matters most when Temporal or the worker is down.
 */
import type { Installation } from '../../config';
import { backupQuery } from '../../machine/backups/backups';
import { tagNames } from '../../machine/backups/tags';
import { commandRow } from '../command-row';
import { readConfig } from '../configured';
import { findingText, type Finding } from '../doctor/check';
import { CliError, exitStatus, messageOf, type ExitStatus } from '../exit-status';
import type { CopiesThere } from '../freshness/copies';
import type { SparesThere } from '../freshness/spare';
import { prometheusText } from '../freshness/prometheus';
import { verdictOf, verdictWithoutAws, worst, type Verdict } from '../freshness/verdict';

export const check = commandRow<{ readonly prometheus?: string }>({
  usage: 'check [installations...]',
  summary: 'tell whether the newest backup is fresh; asks AWS only, works without Temporal',
  options: [
    ['--prometheus <file>', "also write a file for node_exporter's textfile collector (*.prom)"],
  ],
  example: [
    'runbook check',
    'runbook check prod --json',
    'runbook check --prometheus /var/lib/node_exporter/runbook.prom',
  ].join('\n'),
  run: async ({ args, options, out }) => {
    const chosen = choose((await readConfig()).installations, args);
    const now = Date.now();
    const verdicts = await verdictsOf(chosen, now);
    const findings = verdicts.flatMap((verdict) => verdict.findings);
    const written =
      options.prometheus === undefined
        ? undefined
        : await write(options.prometheus, prometheusText(verdicts, now));
    if (written) findings.push(written);
    for (const finding of findings) out.line(findingText(finding, out.paint));
    const freshness = worst(verdicts);
    const checkedAt = new Date(now).toISOString();
    out.result('', { checkedAt, freshness, installations: verdicts, prometheus: written });
    return statusFor(freshness, written);
  },
});

/** What AWS says of the backups of these installations. */
export async function verdictsOf(chosen: readonly Named[], now = Date.now()): Promise<Verdict[]> {
  const answers = await Promise.all(chosen.map((named) => ask(named)));
  return answers.map((answer) => judge(answer, now));
}

type Named = readonly [name: string, installation: Installation];

interface Answer {
  readonly named: Named;
  /** What AWS told, or why it did not. */
  readonly backups: Told;
  readonly copies: readonly CopiesThere[];
  readonly spares?: SparesThere;
}

type Told = CopiesThere['images'];

function choose(all: Readonly<Record<string, Installation>>, names: readonly string[]): Named[] {
  const configured = Object.entries(all);
  const unknown = names.filter((name) => !configured.some(([known]) => known === name));
  if (unknown.length > 0) {
    const known = configured.map(([name]) => name).join(', ');
    throw new CliError(
      'WrongUsage',
      `The configuration has no installation "${unknown.join('", "')}"; it has ${known}.`,
    );
  }
  return configured.filter(([name]) => names.length === 0 || names.includes(name));
}

// An error is an answer, too: that of one installation must not hide the others.
async function ask(named: Named): Promise<Answer> {
  const [name, { region: home, copies = [], spare, imageOwners }] = named;
  const told = async (region: string): Promise<Told> => {
    try {
      const { openEc2 } = await import('../../world/ec2/index.js');
      return await openEc2({ region }).images(backupQuery(name, { imageOwners }));
    } catch (error) {
      return { unknown: messageOf(error) };
    }
  };
  const [backups, ...there] = await Promise.all([
    told(home),
    ...copies.map(async ({ region }) => ({ region, images: await told(region) })),
  ]);
  if (spare === undefined) return { named, backups, copies: there };
  const images = spare.region === home ? backups : there.find(isIn(spare.region))?.images;
  const known = images === undefined || 'unknown' in images ? [] : images;
  const spares = {
    region: spare.region,
    machines: await sparesIn(name, spare.region),
    images: known,
  };
  return { named, backups, copies: there, spares };
}

function isIn(region: string): (there: CopiesThere) => boolean {
  return (there) => there.region === region;
}

async function sparesIn(name: string, region: string): Promise<SparesThere['machines']> {
  try {
    const { openEc2 } = await import('../../world/ec2/index.js');
    const tags = { [tagNames.installation]: name, [tagNames.kind]: 'spare' };
    return await openEc2({ region }).instances({ tags });
  } catch (error) {
    return { unknown: messageOf(error) };
  }
}

function judge(
  { named: [installation, settings], backups, copies, spares }: Answer,
  now: number,
): Verdict {
  const maxAgeSeconds = settings.freshness.maxAge;
  const imageLimitSeconds = settings.limits.image;
  if ('unknown' in backups) {
    return verdictWithoutAws({ installation, maxAgeSeconds, now, copies, spares }, backups.unknown);
  }
  return verdictOf({
    installation,
    now,
    maxAgeSeconds,
    imageLimitSeconds,
    backups,
    copies,
    spares,
  });
}

// What was found is told all the same: a full disk must not hide a missing backup.
async function write(file: string, text: string): Promise<Finding> {
  try {
    const { writeWhole } = await import('../../world/files/whole-file.js');
    // The collector runs as another user.
    await writeWhole(file, text, 0o644);
    return { level: 'ok', what: `prometheus: ${file} written` };
  } catch (error) {
    const todo = 'name a file in a folder that this user may write to';
    return { level: 'FAIL', what: `prometheus: ${messageOf(error)}`, todo };
  }
}

function statusFor(freshness: Verdict['freshness'], written: Finding | undefined): ExitStatus {
  if (freshness === 'stale') return exitStatus.stale;
  if (freshness === 'unknown') return exitStatus.unreachable;
  return written?.level === 'FAIL' ? exitStatus.failed : exitStatus.done;
}
