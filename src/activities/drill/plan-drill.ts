/**
 * Plans a drill: the newest usable backup, in quarantine, under a test hostname, for a set time.
 *
 * Looks at: the configuration, images and their tags. Changes: nothing. Safe to repeat because: it
 * only reads. Fails with: MissingLaunchSetting, NoUsableImage, AwsUnavailable.
 */
import { refuse } from '../../contract/failures';
import type { DrillPlan } from '../../contract/plan';
import { decodeObjects } from '../../machine/backups/object-tags';
import { sealUserData } from '../../machine/app/seal';
import type { World } from '../../world';
import type { Outcome } from '../frame/attempt';
import { planCopy } from '../parts/images/plan-copy';

export interface PlanDrillInput {
  readonly installation: string;
  /** ISO 8601: the time of the run, from which its machine's life is counted. */
  readonly now: string;
}

export const planDrill =
  (world: World) =>
  async ({ installation, now }: PlanDrillInput): Promise<Outcome & { plan: DrillPlan }> => {
    const { drill, region: home } = world.installation(installation);
    if (drill === undefined) {
      throw refuse(
        'MissingLaunchSetting',
        `runbook.yaml has no \`drill\` for ${installation}. Say there which security group keeps ` +
          'its machine in quarantine and which test hostname it gets, restart the worker, then ' +
          'start again.',
      );
    }
    const { region = home, ttl } = drill;
    const copy = await planCopy(world, installation, { ...drill, region, purpose: 'drill' });
    const { image } = copy;
    const expires = new Date(Date.parse(now) + ttl * 1000).toISOString();
    const plan: DrillPlan = {
      ...copy.plan,
      ...copy.chosen,
      launch: { ...copy.chosen.launch, instanceProfile: drill.instanceProfile },
      userData: sealUserData({
        expires: Math.floor(Date.parse(expires) / 1000),
        ttlSeconds: ttl,
      }),
      expires,
      hostname: drill.hostname,
      ask: drill.ask,
      disks: image.disks,
      objects: decodeObjects(image.tags),
      notes: [
        `The drill restores the backup of ${copy.takenAt}.`,
        ...copy.notes,
        `Its machine ends itself at ${expires}, should nobody end it before.`,
      ],
    };
    return { note: `from ${image.id} (${image.name}) in ${region}, until ${expires}`, plan };
  };
