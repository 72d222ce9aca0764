/** The verdict over an account: everything that is not as it must be, in words. */
import { isOurs, type Account } from './account';
import { isSame, isUsable, takenAt } from './ledger';
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
  return account.regions.flatMap((region) => {
    const images = region.registered().filter(({ tags }) => isOurs(tags));
    const standing = new Set(region.registered().flatMap(({ snapshotIds }) => snapshotIds));
    const usable = images.filter((one) => isUsable(region, one));
    const newest = Math.max(...usable.map((one) => takenAt(one)));
    // What a restore would choose, where drills have found bad all that is newer.
    const isLeft = (one: StoredImage): boolean =>
      usable
        .filter((other) => takenAt(other) > takenAt(one))
        .every((other) => isDoubted(account, other));
    // A region may have a last proven one of its own, where it lacks the last one of all.
    const isProven = (one: StoredImage): boolean =>
      account.ledger.proofs.some(({ image }) => isSame(one, image));
    const idle = images.filter(
      (one) => !promised.has(one) && !isProven(one) && takenAt(one) < newest && !isLeft(one),
    );
    const strays = [...region.snapshots.keys()].filter((id) => !standing.has(id));
    return [
      ...idle.map(({ id }) => `${id} stays, and nothing keeps it`),
      ...strays.map((id) => `${id} stays, and no image stands on it`),
    ];
  });
}

/** Whether a drill has ever found the backup bad, in whatever region. */
function isDoubted(account: Account, image: StoredImage): boolean {
  return account.regions
    .flatMap((region) => [...region.images.values()])
    .some((one) => isSame(one, image) && one.tags['runbook:proven']?.includes('failed') === true);
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
  const runs = region
    .registered()
    .filter(({ name }) => !name.startsWith('encrypted anew'))
    .flatMap(({ tags }) => tags['runbook:run'] ?? []);
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
      takenAt(copy) === takenAt(original) &&
      Date.parse(copy.tags['runbook:copied-from']?.split(' ')[2] ?? '') === original.createdAt;
    return isTrue ? [] : [`${copy.id} does not say what its original says`];
  });
}
