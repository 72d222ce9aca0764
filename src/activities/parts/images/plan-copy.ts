/**
 * What the plans of a spare and of a drill have in common: the newest usable backup of a region,
 * launched like its source, but in quarantine.
 */
import { refuse } from '../../../contract/failures';
import type { CopyPlan } from '../../../contract/plan';
import { takenAt } from '../../../machine/backups/backups';
import type { BackupRecord } from '../../../machine/backups/backup-record';
import { recordedLaunch } from '../../../machine/backups/copies';
import { launchInQuarantine, type QuarantinePlace } from '../../../machine/launch/launch-settings';
import { decodeRecord } from '../../../machine/backups/record-tags';
import type { World } from '../../../world';
import type { Ec2, Image } from '../../../world/ec2';
import { chooseImage } from './choose-image';
import { launchSettings, type ChosenLaunch } from '../instances/launch-settings';

/** A copy before it is known what it is for. */
export interface PlannedCopy {
  readonly ec2: Ec2;
  readonly image: Image;
  readonly record: BackupRecord;
  readonly takenAt: string;
  /** What was not chosen though it is newer, and what drills have said. */
  readonly notes: readonly string[];
  readonly chosen: ChosenLaunch;
  readonly plan: Omit<CopyPlan, 'userData' | 'notes' | 'launch'>;
}

/** Plans a copy of the newest usable backup in the region. */
export async function planCopy(
  world: World,
  installation: string,
  {
    region,
    purpose,
    ...place
  }: QuarantinePlace & { readonly region: string; readonly purpose: 'spare' | 'drill' },
): Promise<PlannedCopy> {
  const ec2 = world.ec2(region);
  const { image, notes } = await chooseImage(world, { installation, region, purpose });
  const record = decodeRecord(image.tags);
  if (record === undefined) throw noRecord(image);
  const configured = launchInQuarantine(world.installation(installation, region).launch, place);
  return {
    ec2,
    image,
    record,
    takenAt: takenAt(image),
    notes,
    chosen: launchSettings(configured, recordedLaunch(image.tags, record.launch, region)),
    plan: {
      installation,
      region,
      imageId: image.id,
      imageName: image.name,
      replaces: {
        private: record.privateAddress,
        ...(record.publicAddress ? { public: record.publicAddress } : {}),
      },
      recorded: record.hostname,
      record,
      hostKeys: record.hostKeys,
    },
  };
}

function noRecord({ id }: Image): ReturnType<typeof refuse> {
  return refuse(
    'NoUsableImage',
    `${id} carries no record, so nothing says what a copy of it replaces. Make a backup first.`,
  );
}
