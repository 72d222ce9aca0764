/**
 * Whether an installation could be restored from a backup that is new enough, judged from its
 * images alone. Each thing that is judged is an aspect with lines of its own, and the worst of them
 * decides.
 */
import {
  newestFirst,
  chooseBackup,
  proofsOf,
  takenAt as takenAtOf,
  type BackupImage,
  type Choice,
} from '../../machine/backups/backups';
import { provenRestore, type ProvenRestore } from '../../machine/backups/proven-restore';
import { tagNames } from '../../machine/backups/tags';
import type { Finding } from '../doctor/check';
import { moment, span } from '../render/span';
import { judgeSpare, type SparesThere, type SpareVerdict } from './spare';
import { judgeCopies, type CopiesThere, type CopyVerdict } from './copies';

/** `unknown` is neither good nor bad: nobody could tell. */
export type Freshness = 'fresh' | 'unknown' | 'stale';

/** What the verdict on one installation is formed from. */
export interface Evidence {
  readonly installation: string;
  /** Milliseconds since the epoch, by the clock of this machine. */
  readonly now: number;
  readonly maxAgeSeconds: number;
  /** How long AWS may take to make an image. */
  readonly imageLimitSeconds: number;
  readonly backups: readonly BackupImage[];
  /** One for each other region that is to have copies. */
  readonly copies: readonly CopiesThere[];
  /** Where a spare is configured. */
  readonly spares?: SparesThere | undefined;
}

/** What is told of one installation. */
export interface Verdict {
  readonly installation: string;
  readonly freshness: Freshness;
  readonly maxAgeSeconds: number;
  /** Whether AWS told which images there are. */
  readonly answered: boolean;
  /** Absent where there is none, or where AWS was not able to say. */
  readonly newestBackup?: NewestBackup;
  /** The last restore that proved an image to be good. */
  readonly lastProvenRestore?: { readonly image: string; readonly at: string };
  readonly copies: readonly CopyVerdict[];
  readonly spare?: SpareVerdict | undefined;
  readonly findings: readonly Finding[];
}

interface NewestBackup {
  readonly image: string;
  readonly takenAt: string;
  /** Absent where the clocks disagree. */
  readonly ageSeconds?: number;
}

/** One thing that is judged; its lines, and what they mean for the whole. */
interface Aspect extends Partial<Omit<Verdict, 'findings'>> {
  readonly findings: readonly Finding[];
}

/** How far the clocks of AWS and of this machine may be apart. */
const skewSeconds = 300;
/** How many unusable images are told one by one. */
const told = 5;

/** The verdict of what AWS told. */
export function verdictOf(evidence: Evidence): Verdict {
  const { installation, maxAgeSeconds } = evidence;
  const proofs = proofsOf([...evidence.backups, ...imagesIn(evidence.copies)]);
  const copies = evidence.copies.map((there) => judgeCopies({ ...evidence, proofs }, there));
  const spare = evidence.spares && judgeSpare(evidence, evidence.spares);
  const aspects = [
    newestBackup(evidence),
    newerOnes(evidence),
    lastProven(evidence),
    ...copies.map(({ freshness, finding }) => ({ freshness, findings: [finding] })),
    { findings: spare ? [spare.finding] : [] },
  ];
  const facts = aspects.reduce((whole, aspect) => ({ ...whole, ...aspect }));
  return {
    ...facts,
    copies,
    spare,
    installation,
    maxAgeSeconds,
    answered: true,
    freshness: worst(aspects),
    findings: aspects.flatMap(({ findings }) => findings),
  };
}

/** The verdict where AWS told nothing of the installation's own region: copies are told all the same. */
export function verdictWithoutAws(
  evidence: Pick<Evidence, 'installation' | 'maxAgeSeconds' | 'now' | 'copies' | 'spares'>,
  why: string,
): Verdict {
  const { installation, maxAgeSeconds } = evidence;
  const copies = evidence.copies.map((there) => judgeCopies(evidence, there));
  const what = `${installation}: AWS could not be asked: ${why}`;
  const todo =
    'nothing is known of its backups until it answers; the credentials of this shell need ec2:DescribeImages';
  const unknown: Finding = { level: 'FAIL', what, todo };
  const spare = evidence.spares && judgeSpare(evidence, evidence.spares);
  const findings = [
    unknown,
    ...copies.map(({ finding }) => finding),
    ...(spare ? [spare.finding] : []),
  ];
  const freshness = worst([{ freshness: 'unknown' }, ...copies]);
  return { installation, freshness, maxAgeSeconds, answered: false, copies, spare, findings };
}

/** What several verdicts mean together: a backup that is known to be bad is worse than a doubt. */
export function worst(all: readonly { readonly freshness?: Freshness }[]): Freshness {
  const seen = new Set(all.map(({ freshness }) => freshness));
  return seen.has('stale') ? 'stale' : seen.has('unknown') ? 'unknown' : 'fresh';
}

/** What a restore would choose; a drill in another region has proved, or found bad, the copy there. */
function chosen({ backups, copies }: Evidence): Choice<BackupImage> {
  return chooseBackup(backups, proofsOf([...backups, ...imagesIn(copies)]));
}

function imagesIn(copies: Evidence['copies']): BackupImage[] {
  return copies.flatMap(({ images }) => ('unknown' in images ? [] : images));
}

function newestBackup(evidence: Evidence): Aspect {
  const { installation, now, maxAgeSeconds } = evidence;
  const { image: newest } = chosen(evidence);
  if (newest === undefined) {
    const todo = makeOne(installation);
    const what = `${installation}: there is no usable backup`;
    return { freshness: 'stale', findings: [{ level: 'FAIL', what, todo }] };
  }
  const { id: image, tags } = newest;
  const takenAt = takenAtOf(newest);
  const age = (now - Date.parse(takenAt)) / 1000;
  const what = `${installation}: newest usable backup ${image} taken ${moment(takenAt)}`;
  // A clock that is late makes an old backup look young: that must not pass for fresh.
  if (Number.isNaN(age) || age < -skewSeconds) {
    const ahead = Number.isNaN(age) ? '' : `, ${span(-age)} ahead of this machine's clock`;
    const unknown = `${what}${ahead}: its age is not known`;
    const todo = 'set the clock of this machine, then check again';
    const findings: readonly Finding[] = [{ level: 'FAIL', what: unknown, todo }];
    return { freshness: 'unknown', newestBackup: { image, takenAt }, findings };
  }
  const ageSeconds = Math.max(0, age);
  const facts = { newestBackup: { image, takenAt, ageSeconds } };
  const line = `${what}, age ${span(ageSeconds)} of ${span(maxAgeSeconds)}`;
  if (age > maxAgeSeconds) {
    const todo = makeOne(installation);
    return { ...facts, freshness: 'stale', findings: [{ level: 'FAIL', what: line, todo }] };
  }
  if (tags[tagNames.verified] !== undefined) {
    return { ...facts, findings: [{ level: 'ok', what: line }] };
  }
  const unverified = `${line}, not verified`;
  return { ...facts, findings: [{ level: 'warn', what: unverified, todo: seeRun(newest) }] };
}

/** Attempts after the newest usable backup: they tell why there is no newer one. */
function newerOnes(evidence: Evidence): Aspect {
  const { installation } = evidence;
  const { passedOver: newer } = chosen(evidence);
  const findings = newer.slice(0, told).map((one) => newerOne(evidence, one));
  const more = newer.length - told;
  if (more > 0) {
    const what = `${installation}: ${String(more)} more that cannot be used`;
    findings.push({ level: 'warn', what, todo: `runbook backups ${installation} lists them` });
  }
  return { findings };
}

function newerOne(
  { installation, now, imageLimitSeconds }: Evidence,
  { image, why }: Choice<BackupImage>['passedOver'][number],
): Finding {
  const seconds = (now - Date.parse(image.createdAt)) / 1000;
  const what = `${installation}: backup ${image.id} begun ${moment(takenAtOf(image))} ${why}`;
  if (image.state !== 'pending') return { level: 'warn', what, todo: seeRun(image) };
  if (seconds <= imageLimitSeconds) return { level: 'ok', what };
  const late = `${what} for longer than ${span(imageLimitSeconds)}`;
  return { level: 'warn', what: late, todo: seeRun(image) };
}

/** The proof counts for what was restored then; a warning only, because nothing demands one. */
function lastProven({ installation, backups, copies, now }: Evidence): Aspect {
  // A drill in another region proves the copy there.
  const read = newestFirst([...backups, ...imagesIn(copies)]).map((image) => ({
    image,
    proof: provenRestore(image),
  }));
  const proofs = read
    .flatMap(({ proof }): ProvenRestore[] => (typeof proof === 'object' ? [proof] : []))
    .sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  const passed = proofs.find((proof) => proof.passed);
  const failed = proofs[0]?.passed === false ? proofs[0] : undefined;
  const findings: Finding[] = [];
  if (failed) {
    const what = `${installation}: the last test restore failed, ${moment(failed.at)} from ${failed.image}: ${failed.why}`;
    findings.push({ level: 'warn', what, todo: 'find out whether the next backup has it too' });
  }
  for (const { image, proof } of read) {
    if (proof !== 'unreadable') continue;
    const what = `${installation}: the tag ${tagNames.proven} of ${image.id} cannot be read`;
    findings.push({ level: 'warn', what, todo: 'write "<ISO time> passed" or remove it' });
  }
  if (passed === undefined) {
    const what = `${installation}: no restore of a backup was ever proven`;
    const todo = 'runbook drill rehearses one, so that it is not tried for the first time in need';
    return { findings: [...findings, { level: 'warn', what, todo }] };
  }
  const { image, at } = passed;
  const ago = span((now - Date.parse(at)) / 1000);
  const what = `${installation}: last proven restore ${moment(at)} (${ago} ago), from ${image}`;
  return { lastProvenRestore: { image, at }, findings: [...findings, { level: 'ok', what }] };
}

function makeOne(installation: string): string {
  return (
    `make one now (runbook backup ${installation}) and see why there is no newer one: ` +
    'docs/operate/freshness.md'
  );
}

function seeRun({ id, tags }: BackupImage): string {
  const run = tags[tagNames.run];
  return run === undefined ? `look at ${id} in the EC2 console` : `see runbook report ${run}`;
}
