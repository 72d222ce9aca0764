/**
 * Plans a spare machine: the newest usable backup of its region, launched in quarantine like the
 * source; and says where it has less than that.
 *
 * Looks at: the configuration, images and their tags, instance types, the spares that are there.
 * Changes: nothing. Safe to repeat because: it only reads.
 * Fails with: MissingLaunchSetting, NoUsableImage, AwsUnavailable.
 */
import { refuse } from '../../contract/failures';
import type { SparePlan } from '../../contract/plan';
import { launchesOf, type PlannedLaunch } from '../../machine/launch/launch-settings';
import { sealUserData } from '../../machine/app/seal';
import type { World } from '../../world';
import type { Image } from '../../world/ec2';
import type { Outcome } from '../frame/attempt';
import { planCopy } from '../parts/images/plan-copy';
import { isReady, sparesOf } from '../parts/instances/spares';

export const planSpare =
  (world: World) =>
  async ({
    installation,
  }: {
    readonly installation: string;
  }): Promise<Outcome & { plan: SparePlan }> => {
    const home = world.installation(installation);
    const { spare } = home;
    if (spare === undefined) {
      throw refuse(
        'MissingLaunchSetting',
        `runbook.yaml has no \`spare\` for ${installation}. Say there where it is to be and in which ` +
          'security groups, restart the worker, then start again.',
      );
    }
    const { region } = spare;
    const copy = await planCopy(world, installation, { ...spare, purpose: 'spare' });
    const { image, chosen, record } = copy;
    const spares = await sparesOf(copy.ec2, installation);
    const plan: SparePlan = {
      ...copy.plan,
      ...chosen,
      userData: sealUserData(),
      mode: spare.mode,
      previous: spares.map(({ id }) => id),
      current: spares.find((one) => isReady(one) && one.imageId === image.id)?.id,
      notes: [
        `The spare holds the backup of ${copy.takenAt}.`,
        ...copy.notes,
        `Its disks are those of the image: ${disksOf(image)}.`,
        ...(await compareEach(typesOf(chosen), (type) =>
          lessThanSource(world, {
            source: { region: home.region, type: record.launch.instanceType },
            spare: { region, type },
          }),
        )),
      ],
    };
    return { note: `from ${image.id} (${image.name}) in ${region}`, plan };
  };

/** `/dev/sda1 100 GiB, /dev/sdf 500 GiB`. */
function disksOf({ disks }: Image): string {
  const told = disks.map(({ device, sizeGib }) => `${device} ${sizeGib?.toString() ?? '?'} GiB`);
  return told.join(', ') || 'not known';
}

/** Each type that the launch may come to, since AWS may refuse those before it. */
function typesOf(chosen: PlannedLaunch): string[] {
  return [...new Set(launchesOf(chosen).map(({ instanceType }) => instanceType))];
}

async function compareEach(
  types: readonly string[],
  compare: (type: string) => Promise<string[]>,
): Promise<string[]> {
  const all = await Promise.all(types.map(compare));
  // Of one type alone it goes without saying which one is meant.
  if (types.length === 1) return all.flat();
  return types.flatMap((type, at) => (all[at] ?? []).map((note) => `As ${type}: ${note}`));
}

interface Typed {
  readonly region: string;
  readonly type: string;
}

/** Where the spare's type has less; a type that nobody can tell about is said to be unknown. */
async function lessThanSource(
  world: World,
  { source, spare }: { readonly source: Typed; readonly spare: Typed },
): Promise<string[]> {
  const [had, has] = await Promise.all(
    [source, spare].map(({ region, type }) =>
      world
        .ec2(region)
        .specs(type)
        .catch(() => undefined),
    ),
  );
  if (has === undefined) return [`What ${spare.type} has in ${spare.region} is not known.`];
  if (had === undefined) return [`What ${source.type} has is not known: compare it by hand.`];
  const notes: string[] = [];
  const compare = (what: string, before: number, now: number): void => {
    if (now < before) {
      notes.push(
        `The spare has less ${what} than the source: ${String(now)} of ${String(before)}.`,
      );
    }
  };
  compare('vCPU', had.vCpus, has.vCpus);
  compare('memory (MiB)', had.memoryMib, has.memoryMib);
  if (!had.architectures.some((one) => has.architectures.includes(one))) {
    notes.push(
      `The spare has another architecture (${has.architectures.join(', ')}): the image cannot run there.`,
    );
  }
  return notes;
}
