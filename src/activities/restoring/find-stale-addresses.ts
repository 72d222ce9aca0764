/**
 * Looks for the old addresses in every place that a program of the machine reads addresses from,
 * besides Replicated's own two files.
 *
 * Looks at: /etc, boot and cron scripts, units, agents; bounded in time and output. Changes:
 * nothing. Safe to repeat because: it only looks. Fails with: CommandFailed.
 */
import { createHash } from 'node:crypto';
import type { Machine, OldAddresses } from '../../contract/plan';
import {
  allPaths,
  lookForAddressFiles,
  parseAddressFiles,
} from '../../machine/addresses/address-files';
import { rewriteAddresses } from '../../machine/addresses/addresses';
import { classify, writersOf, type Severity, type StalePlace } from '../../machine/stale/classify';
import { differenceOf } from '../../machine/stale/difference';
import {
  naming,
  parseSearch,
  searchForAddresses,
  searchForWriters,
  type StaleLines,
} from '../../machine/stale/search';
import type { World } from '../../world';
import { readAddressFile, replacementsOf } from '../parts/machine/address-file';
import type { Outcome } from '../frame/attempt';
import { onMachine, type Remote } from '../frame/on-machine';

export interface StaleInput {
  readonly machine: Machine;
  readonly old: OldAddresses;
}

/** A file that can be mended, as it was read. */
export interface Mendable {
  readonly path: string;
  readonly sha256: string;
  /** A unified difference without secrets. */
  readonly difference: string;
}

export interface StaleFound extends Outcome {
  readonly places: readonly StalePlace[];
  readonly files: readonly Mendable[];
  /** What was not seen, or cannot be mended; a line each. */
  readonly limits: readonly string[];
}

const mostFiles = 20;
const mostPlaces = 60;

export const findStaleAddresses =
  (world: World) =>
  ({ machine, old }: StaleInput): Promise<StaleFound> =>
    onMachine(world, machine, async (remote) => {
      const gone = goneAddresses(machine, old);
      const own = parseAddressFiles(await remote.read(lookForAddressFiles));
      const searched =
        gone.length === 0 ? nothing : parseSearch(await remote.read(searchForAddresses(gone)));
      const stale = naming(searched.lines, gone).filter(
        ({ path }) => !allPaths(own).includes(path),
      );
      const places = stale.map(classify).sort((one, other) => rank(one) - rank(other));
      const paths = new Set(places.filter(isHarmful).map(({ path }) => path));
      const { files, limits } = await mendable(remote, [...paths], { machine, old });
      const scripts = parseSearch(await remote.read(searchForWriters));
      const writers = writersOf(scripts.lines, [...paths]).filter(
        (writer) => !places.some((one) => one.path === writer.path && one.line === writer.line),
      );
      const all = [...places, ...writers];
      return {
        note: summary(all),
        places: all.slice(0, mostPlaces),
        files,
        limits: [...limits, ...limitsOf(searched, all.length)],
      };
    });

const nothing: StaleLines = { lines: [], more: 0, isCut: false };

/** The old addresses that this machine does not have again. */
function goneAddresses(machine: Machine, old: OldAddresses): string[] {
  return [old.private, old.public].filter(
    (address): address is string =>
      address !== undefined &&
      address !== machine.privateAddress &&
      address !== machine.publicAddress,
  );
}

function isHarmful({ severity }: StalePlace): boolean {
  return severity !== 'informs';
}

const order: readonly Severity[] = ['stops', 'sends', 'boots', 'informs'];

function rank({ severity }: StalePlace): number {
  return order.indexOf(severity);
}

async function mendable(remote: Remote, paths: readonly string[], input: StaleInput) {
  const files: Mendable[] = [];
  const limits: string[] = [];
  for (const path of paths.slice(0, mostFiles)) {
    // What others write at run time is theirs.
    if (/^\/(run|lib|usr\/lib)\//.test(path)) {
      limits.push(`${path} is written by a program: mend what writes it`);
      continue;
    }
    const file = await readAddressFile(remote, path);
    if (file === undefined) continue;
    const { content, replaced, leftover } = rewriteAddresses(
      file.content,
      replacementsOf(input.machine, input.old),
    );
    limits.push(...leftover.map((one) => `${path} keeps ${one}: there is no new public address`));
    if (replaced === 0) continue;
    const difference = differenceOf(path, file.content, content);
    const sha256 = createHash('sha256').update(file.content, 'latin1').digest('hex');
    files.push({ path, sha256, difference });
  }
  if (paths.length > mostFiles) {
    limits.push(`${String(paths.length - mostFiles)} more files are shown once these are mended`);
  }
  return { files, limits };
}

function limitsOf({ more, isCut }: StaleLines, count: number): string[] {
  return [
    ...(more > 0 ? [`${String(more)} or more further lines name an old address`] : []),
    ...(count > mostPlaces ? [`${String(count - mostPlaces)} further places are not listed`] : []),
    ...(isCut ? ['the search did not end in its time, so there may be more'] : []),
  ];
}

function summary(places: readonly StalePlace[]): string {
  const count = (severity: Severity): number =>
    places.filter((place) => place.severity === severity).length;
  if (places.length === 0) return 'no old address stands anywhere else';
  const told = [
    ['stops', 'keep containers from starting'],
    ['sends', 'send data to the old machine'],
    ['boots', 'act at a boot'],
    ['informs', 'harm nothing'],
  ] as const;
  const counted = told.filter(([severity]) => count(severity) > 0);
  return `places: ${counted.map(([severity, words]) => `${String(count(severity))} ${words}`).join(', ')}`;
}
