/**
 * Finds the live Services machine of an installation in EC2, with its launch settings.
 *
 * Looks at: instances by the configured id or tags. Changes: nothing.
 * Safe to repeat because: it only reads. Fails with: MachineNotFound, AwsDenied.
 */
import { refuse } from '../../contract/failures';
import type { Machine } from '../../contract/plan';
import type { LaunchSettings } from '../../machine/backups/backup-record';
import { regionsOf } from '../../machine/launch/places';
import { tagNames } from '../../machine/backups/tags';
import type { World } from '../../world';
import type { Instance } from '../../world/ec2';
import type { Outcome } from '../frame/attempt';
import { settingsOf } from '../parts/instances/launch-settings';
import { isAlive, patienceSeconds, restoredMachines } from '../parts/instances/other-machines';

export interface Found extends Outcome {
  readonly machine: Machine;
  readonly state: string;
  readonly launch: LaunchSettings;
  /** Other machines that restores of the installation have made and that run: for the report. */
  readonly others: readonly string[];
  /** How many volumes are attached: the image must hold as many. */
  readonly volumes: number;
}

export const findMachine =
  (world: World) =>
  async ({ installation }: { readonly installation: string }): Promise<Found> => {
    const { region, servicesMachine, ssh } = world.installation(installation);
    const ec2 = world.ec2(region);
    const query =
      'instance' in servicesMachine
        ? { ids: [servicesMachine.instance] }
        : { tags: servicesMachine.tags };
    const found = await ec2.instances(query);
    const living = found.filter(({ state }) => state === 'running');
    const [instance] = living;
    if (instance?.privateAddress === undefined || living.length > 1) {
      throw notOne(installation, JSON.stringify(query), found);
    }
    return {
      note: `${instance.id} is ${instance.state}, private address ${instance.privateAddress}`,
      machine: {
        installation,
        instanceId: instance.id,
        privateAddress: instance.privateAddress,
        publicAddress: instance.publicAddress,
        // A restore tags the machine with the key that was confirmed for it.
        hostKeys: [...ssh.hostKeys, instance.tags[tagNames.hostKey] ?? []].flat(),
      },
      state: instance.state,
      others: await othersOf(world, installation, instance.id),
      volumes: instance.volumeIds.length,
      launch: await settingsOf(ec2, instance),
    };
  };

/** In every region of the installation. Another region that is silent keeps no backup from being made. */
async function othersOf(world: World, installation: string, live: string): Promise<string[]> {
  const configured = world.installation(installation);
  const found = await Promise.all(
    regionsOf(configured).map(async (region) => {
      const signal = AbortSignal.timeout(patienceSeconds * 1000);
      try {
        return (await restoredMachines(world.ec2(region), installation, signal))
          .filter((one) => isAlive(one) && one.id !== live)
          .map(({ id, tags }) => `${id} in ${region} (${tags[tagNames.state] ?? 'state unknown'})`);
      } catch (error) {
        // The installation's own region has answered before: what fails there fails the step.
        if (region === configured.region) throw error;
        return [];
      }
    }),
  );
  return found.flat();
}

function notOne(
  installation: string,
  query: string,
  found: readonly Instance[],
): ReturnType<typeof refuse> {
  const seen = found.map(({ id, state }) => `${id} (${state})`).join(', ');
  return refuse(
    'MachineNotFound',
    `Not exactly one running machine of ${installation} matches ${query}; found: ` +
      `${seen || 'none'}. Start the machine, or set servicesMachine in runbook.yaml so that it names ` +
      'one that runs and restart the worker; then retry.',
  );
}
