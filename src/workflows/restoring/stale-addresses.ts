/**
 * Places besides Replicated's two files that still name the old addresses: shown, mended once a
 * person has approved the difference, told in the report where nobody did.
 */
import type { Mended } from '../../activities/restoring/mend-stale-addresses';
import type { StaleFound } from '../../activities/restoring/find-stale-addresses';
import { code, fenced, list, prose, nothing, paragraphs } from '../../contract/markdown';
import type { Machine, OldAddresses } from '../../contract/plan';
import { quote } from '../../machine/shell/quoting';
import { severities, type StalePlace } from '../../machine/stale/classify';
import * as acts from '../frame/acts';
import type { Approval, Run } from '../frame/runbook';

const looking = 'Look for stale addresses';
const approving = 'Approve mending stale addresses';
const mending = 'Mend stale addresses';

interface Place {
  readonly machine: Machine;
  readonly old: OldAddresses;
}

/** Names every place before the app starts, and mends what a person lets it mend. */
export async function mendStaleAddresses(run: Run, place: Place): Promise<void> {
  const { step, approval, findings, unattended } = run;
  const mended = new Set<string>();
  for (;;) {
    const found = await step(looking, acts.findStaleAddresses, () => placeOf(place));
    const isApproved = await approval(approving, toMend(found, placeOf(place), unattended));
    if (found === undefined || found.files.length === 0 || !isApproved) {
      run.notNeeded(mending, whyNot(found, isApproved));
      findings.notes.push(...notesOn(found, mended));
      return;
    }
    const files = found.files.map(({ path, sha256 }) => ({ path, sha256 }));
    const outcome = await step(mending, acts.mendStaleAddresses, () => ({
      ...placeOf(place),
      files,
    }));
    for (const path of outcome?.mended ?? []) mended.add(path);
    findings.notes.push(...notesOf(outcome));
    // A file that somebody changed after it was shown is shown again.
    if (outcome === undefined || outcome.changed.length === 0) {
      findings.notes.push(...notesOn(found, mended));
      return;
    }
  }
}

/** As it is by now, and nothing else of it. */
function placeOf({ machine, old }: Place): Place {
  return { machine, old };
}

/** Looks only: for a copy whose machine is not the one that will serve. */
export async function tellStaleAddresses(
  { step, findings }: Pick<Run, 'step' | 'findings'>,
  place: Place,
): Promise<void> {
  const found = await step(looking, acts.findStaleAddresses, () => placeOf(place));
  findings.notes.push(...notesOn(found, new Set()));
}

function whyNot(found: StaleFound | undefined, isApproved: boolean): string {
  if (found === undefined) return 'nobody looked for them';
  if (found.files.length === 0) return 'no file has to be mended';
  return isApproved ? '' : 'not approved; the report names each place';
}

/** The gate: what stands where, the difference of each file, and how it is mended by hand. */
function toMend(
  found: StaleFound | undefined,
  { machine, old }: Place,
  unattended: boolean,
): Approval {
  const name = 'stale-addresses';
  if (found === undefined || found.files.length === 0) {
    return { name, details: nothing, notNeeded: whyNot(found, true) };
  }
  const harmful = found.places.filter(({ severity }) => severity !== 'informs');
  const shown = harmful.slice(0, mostShown);
  return {
    name,
    goesOnRejected: true,
    goesOnWithout: unattended,
    details: paragraphs(
      prose`The image’s machine is named in other files of ${machine.instanceId}, too
      (${[old.private, old.public].filter(Boolean).join(', ')}):`,
      list(shown.map(lineOf)),
      harmful.length > shown.length ? prose`and ${harmful.length - shown.length} more.` : nothing,
      prose`Approve, and the run makes these changes before the units and the app start. Only addresses
change; the originals are kept. Reject, and the run goes on without; the report names each place.`,
      ...found.files.map(({ difference }) => fenced('diff', difference)),
      prose`By hand: ${code(
        byHand(
          { machine, old },
          found.files.map(({ path }) => path),
        ),
        4000,
      )}`,
      list(found.limits),
    ),
  };
}

const mostShown = 30;

/** Whole addresses only, in place, with a copy beside. */
function byHand({ machine, old }: Place, paths: readonly string[]): string {
  const pairs = [
    [old.private, machine.privateAddress],
    [old.public, machine.publicAddress],
  ].filter((pair): pair is [string, string] => pair[0] !== undefined && pair[1] !== undefined);
  const scripts = pairs
    .filter(([from, to]) => from !== to)
    .map(
      ([from, to]) =>
        `-e 's/(^|[^0-9.])${from.replaceAll('.', '[.]')}([^0-9]|$)/\\1${to}\\2/g' ` +
        `-e 's/(ip|ec2)-${from.replaceAll('.', '-')}([^0-9]|$)/\\1-${to.replaceAll('.', '-')}\\2/g'`,
    );
  return `sudo sed -E -i.before-restore ${scripts.join(' ')} ${paths.map(quote).join(' ')}`;
}

function lineOf({ path, line, kind, severity }: StalePlace): string {
  return `${path}:${String(line)}: ${kind}; ${severities[severity]}`;
}

function notesOf(outcome: Mended | undefined): string[] {
  if (outcome === undefined) return [];
  const { mended, left } = outcome;
  const told = mended.length > 0 ? [`Old addresses were mended in ${mended.join(', ')}.`] : [];
  return [...told, ...left];
}

/** Each place that still names an old address, the worst first, up to a number of lines. */
function notesOn(found: StaleFound | undefined, mended: ReadonlySet<string>): string[] {
  if (found === undefined) {
    return ['Nobody looked for old addresses in other files of the machine.'];
  }
  const left = found.places.filter(({ path, kind }) => !mended.has(path) || kind.endsWith(' anew'));
  const shown = left.slice(0, mostShown);
  const more = left.length - shown.length;
  return [
    ...shown.map((place) =>
      place.kind.includes(' may write ')
        ? `${place.path}:${String(place.line)} is ${place.kind} at a boot: look what it writes`
        : `${place.path}:${String(place.line)} names an old address: ${place.kind}; ` +
          severities[place.severity],
    ),
    ...(more > 0 ? [`and ${String(more)} more places that name an old address`] : []),
    ...found.limits,
  ];
}
