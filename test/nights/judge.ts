/** The verdict over an account: everything that is not as it must be, in words. */
import { isOurs, type Account } from './account';
import { isUsable, takenAt } from './ledger';
import type { People } from './people';
import type { SimulatedRegion, StoredImage } from './simulated-region';

const removing = 'runbook:removing';

/** What must hold after every night. */
export function faultsOf(account: Account, people: People): string[] {
  account.ledger.observe();
  return [
    ...missing(account),
    ...account.regions.flatMap((region) => [...ownerless(region), ...twice(region)]),
    ...account.misdeeds,
    ...people.changedForeigners(),
    ...wrongCopies(account),
  ];
}

/** What must hold besides after a prune that nothing has disturbed. */
export function leftoversOf(account: Account): string[] {
  const promised = new Set(account.ledger.promised().map(({ image }) => image));
  // A region may have a last proven one of its own, where it lacks the last one of all.
  const proven = new Set(account.ledger.proofs.map(({ image }) => image.name));
  return account.regions.flatMap((region) => {
    const images = region.registered().filter(({ tags }) => isOurs(tags));
    const standing = new Set(region.registered().flatMap(({ snapshotIds }) => snapshotIds));
    const newest = Math.max(
      ...images.filter((one) => isUsable(region, one)).map((one) => takenAt(one)),
    );
    const idle = images.filter(
      (one) => !promised.has(one) && !proven.has(one.name) && takenAt(one) < newest,
    );
    const strays = [...region.snapshots.keys()].filter((id) => !standing.has(id));
    return [
      ...idle.map(({ id }) => `${id} stays, and nothing keeps it`),
      ...strays.map((id) => `${id} stays, and no image stands on it`),
    ];
  });
}

function missing(account: Account): string[] {
  return account.ledger.promised().flatMap(({ region, image, why }) => {
    const isWhole = image.snapshotIds.every((id) => region.snapshots.has(id));
    if (image.goneAt === undefined && isWhole) return [];
    const what = image.goneAt === undefined ? 'has lost a snapshot' : 'is gone';
    return [`${image.id} (${image.name}) ${what}, which is promised: ${why}`];
  });
}

/** Images and snapshots of which nothing says why they are there. */
function ownerless(region: SimulatedRegion): string[] {
  const standing = new Set(
    region.registered().flatMap(({ tags, snapshotIds }) => (isOurs(tags) ? snapshotIds : [])),
  );
  const lone = [...region.snapshots.values()].filter(
    ({ id, tags }) => isOurs(tags) && !standing.has(id) && tags[removing] === undefined,
  );
  const foreign = region.registered().filter(({ name, tags }) => {
    const isByHand = /^(by hand|on ours) /.test(name);
    return isByHand ? isOurs(tags) : !isOurs(tags) || tags['runbook:run'] === undefined;
  });
  return [...lone, ...foreign].map(({ id }) => `${id} has no owner`);
}

function twice(region: SimulatedRegion): string[] {
  const runs = region.registered().flatMap(({ tags }) => tags['runbook:run'] ?? []);
  return runs.filter((run, index) => runs.indexOf(run) !== index);
}

const own = /^runbook:(verified|proven|hold|removing|copied-from)$/;
const shared = ({ tags }: StoredImage): string =>
  JSON.stringify(Object.entries(tags).filter(([key]) => !own.test(key)));

/** Copies that alone would not be enough. */
function wrongCopies({ home, away }: Account): string[] {
  return away.registered().flatMap((copy) => {
    if (!isOurs(copy.tags)) return [];
    const original = home.images.get(copy.tags['runbook:copied-from']?.split(' ')[1] ?? '');
    const isTrue =
      original !== undefined &&
      shared(original) === shared(copy) &&
      takenAt(copy) === original.createdAt;
    return isTrue ? [] : [`${copy.id} does not say what its original says`];
  });
}
