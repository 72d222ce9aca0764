/** What people do while the tool works: hold backups, prove them, restore, make images by hand. */
import type { Account } from './account';
import { isUsable, type Reason } from './ledger';
import type { SimulatedRegion, StoredImage, Tags } from './simulated-region';

interface Foreigner {
  readonly region: SimulatedRegion;
  readonly id: string;
  readonly before: string;
}

export class People {
  private foreigners: Foreigner[] = [];
  private made = 0;
  /** How often somebody made a young image of an old backup. */
  encrypted = 0;

  constructor(private readonly account: Account) {
    for (const region of account.regions) {
      this.makeImage(region, {});
      const other = { 'runbook:installation': 'other', 'runbook:kind': 'backup' };
      this.makeImage(region, { ...other, 'runbook:removing': 'by another' });
    }
  }

  /** Between two steps, when everybody may do everything. */
  act(): void {
    const { random } = this.account;
    if (random.chance(0.06)) this.hold(false);
    if (random.chance(0.05)) this.unhold();
    if (random.chance(0.06)) this.prove();
    if (random.chance(0.05)) this.openRestore();
    if (random.chance(0.4)) this.closeRestore();
    if (random.chance(0.03)) this.protect();
    if (random.chance(0.1)) this.unprotect();
    if (random.chance(0.04)) this.standOnOurs();
    if (random.chance(0.1)) this.removeOwn();
    if (random.chance(0.05)) this.encryptAnew();
  }

  /** Look, tag, look again, as `runbook hold` does; also while the tool is at work. */
  hold(isMeanwhile: boolean): void {
    const found = this.anyBackup(isMeanwhile ? 4 : Infinity);
    if (found === undefined || found.image.tags['runbook:removing'] !== undefined) return;
    const { region, image } = found;
    region.retag([image.id], (tags) => ({ ...tags, 'runbook:hold': 'ana looks at it' }));
    // What the tool is at by now is past the look at the other regions.
    const since = isMeanwhile ? Infinity : this.account.clock.now;
    this.account.ledger.holds.set(image.id, { ...reason(image, 'held'), since });
  }

  /** The end of a night: a hold that came in the middle counts everywhere from now on. */
  settle(): void {
    const { now } = this.account.clock;
    for (const hold of this.account.ledger.holds.values()) hold.since = Math.min(hold.since, now);
  }

  /** Every foreign thing that is not as its owner left it. */
  changedForeigners(): string[] {
    return this.foreigners.flatMap(({ region, id, before }) =>
      pictureOf(region, id) === before ? [] : [`${id}, made by hand, was changed`],
    );
  }

  /** Everything that keeps a prune from its work comes to an end. */
  goHome(): void {
    const { account } = this;
    this.closeRestore();
    for (const { image } of account.backups()) delete image.isProtected;
    for (const region of account.regions) region.isOff = false;
    while (this.removeOwn());
  }

  private unhold(): void {
    const { account } = this;
    const id = account.random.pick([...account.ledger.holds.keys()]);
    const found = account.backups().find(({ image }) => image.id === id);
    if (found === undefined || id === undefined || found.region.isOff) return;
    account.ledger.holds.delete(id);
    found.image.tags = without(found.image.tags, 'runbook:hold');
  }

  private prove(): void {
    const { account } = this;
    const found = this.anyBackup();
    if (found === undefined || !isUsable(found.region, found.image)) return;
    const { region, image } = found;
    const at = account.clock.now;
    const verdict = account.random.pick(['passed', 'passed', 'failed: no app']) ?? '';
    const proven = `${account.clock.iso()} ${verdict}`;
    region.retag([image.id], (tags) => ({ ...tags, 'runbook:proven': proven }));
    const { ledger } = account;
    ledger.proofs = ledger.proofs.filter((proof) => proof.image !== image);
    if (verdict === 'passed') {
      ledger.proofs.push({ ...reason(image, 'proven'), since: at });
      return;
    }
    // With the last proof taken back an older one counts again, if what bore it is still there.
    ledger.proofs = ledger.proofs
      .filter((proof) => proof.image.goneAt === undefined)
      .map((proof) => ({ ...proof, since: at }));
  }

  /** Copies an old backup with its tags, which makes a young image of it. */
  private encryptAnew(): void {
    const found = this.anyBackup(4);
    if (found === undefined || !isUsable(found.region, found.image)) return;
    const { region, image } = found;
    this.made += 1;
    const own = ['runbook:hold', 'runbook:proven', 'runbook:removing'];
    const tags = own.reduce(without, image.tags);
    const name = `encrypted anew ${String(this.made)}`;
    region.addImage({ name, tags, snapshotTags: tags, volumes: image.snapshotIds.length });
    this.encrypted += 1;
  }

  private openRestore(): void {
    const { account } = this;
    account.isRestoreOpen = true;
    const found = this.anyBackup();
    if (found === undefined || !account.random.chance(0.7)) return;
    const { region, image } = found;
    const tags = {
      'runbook:installation': 'prod',
      'runbook:kind': 'restore',
      'runbook:run': 'restore-prod-1',
      'runbook:state': 'restoring',
    };
    region.machines.push({ id: `i-${String(region.machines.length)}`, imageId: image.id, tags });
    const since = account.clock.now;
    account.ledger.uses.set(image.id, { ...reason(image, 'in use'), since });
    // Its run may be over, and the machine is unfinished all the same.
    account.isRestoreOpen = account.random.chance(0.5);
  }

  private closeRestore(): void {
    const { account } = this;
    account.isRestoreOpen = false;
    if (account.regions.some(({ isOff }) => isOff)) return;
    for (const region of account.regions) region.machines = [];
    account.ledger.uses.clear();
  }

  private protect(): void {
    const found = this.anyBackup();
    if (found) found.image.isProtected = true;
  }

  private unprotect(): void {
    const { account } = this;
    const guarded = account.backups().filter(({ image }) => image.isProtected === true);
    const found = account.random.pick(guarded);
    if (found) delete found.image.isProtected;
  }

  /** Somebody registers an image of their own on a snapshot of a backup. */
  private standOnOurs(): void {
    const found = this.anyBackup();
    if (found) this.makeImage(found.region, {}, found.image.snapshotIds.slice(0, 1));
  }

  /** Whether there was an own image on a snapshot of ours to remove. */
  private removeOwn(): boolean {
    const own = this.foreigners.find(({ region, id }) => {
      const image = region.images.get(id);
      return image?.name.startsWith('on ours') === true && !region.isOff;
    });
    if (own === undefined) return false;
    own.region.deregister(own.id);
    this.foreigners = this.foreigners.filter((one) => one !== own);
    return true;
  }

  private makeImage(region: SimulatedRegion, tags: Tags, on?: readonly string[]): void {
    this.made += 1;
    const name = `${on ? 'on ours' : 'by hand'} ${String(this.made)}`;
    const order = { name, tags, snapshotTags: tags, volumes: 1 };
    const { id, snapshotIds } = region.addImage(on ? { ...order, on } : order);
    for (const own of on ? [id] : [id, ...snapshotIds]) {
      this.foreigners.push({ region, id: own, before: pictureOf(region, own) });
    }
  }

  /** One of the oldest; old ones are those that are just being removed. */
  private anyBackup(oldest = Infinity) {
    const { random } = this.account;
    const region = random.pick(this.account.regions);
    const there = this.account.backups().filter((one) => one.region === region);
    const found = random.pick(there.slice(0, oldest));
    // Nobody sees an image that EC2 does not show yet, or one in a region that does not answer.
    return found && !found.region.isOff && found.region.shown().includes(found.image)
      ? found
      : undefined;
  }
}

function reason(image: StoredImage, why: string): Reason {
  return { image, why, since: 0 };
}

function pictureOf(region: SimulatedRegion, id: string): string {
  return JSON.stringify(region.images.get(id) ?? region.snapshots.get(id) ?? 'gone');
}

function without(tags: Tags, key: string): Tags {
  return Object.fromEntries(Object.entries(tags).filter(([one]) => one !== key));
}
