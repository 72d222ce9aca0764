/**
 * Finds the live Services machine of an installation in EC2, with its launch settings.
 *
 * Looks at: instances by the configured id or tags. Changes: nothing.
 * Safe to repeat because: it only reads. Fails with: MachineNotFound, AwsDenied.
 */
import { refuse } from '../contract/failures';
import type { Machine } from '../contract/plan';
import type { LaunchSettings } from '../machine/backup-record';
import type { World } from '../world';
import type { Instance } from '../world/ec2';
import type { Outcome } from './attempt';
import { tagNames } from './tags';

export interface Found extends Outcome {
  readonly machine: Machine;
  readonly state: string;
  readonly launch: LaunchSettings;
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
    const living = (await ec2.instances(query)).filter(
      ({ state }) => state === 'running' || state === 'stopped',
    );
    const [instance] = living;
    if (instance?.privateAddress === undefined || living.length > 1) {
      throw notOne(installation, JSON.stringify(query), living);
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
      volumes: instance.volumeIds.length,
      launch: {
        instanceType: instance.instanceType,
        subnetId: instance.subnetId,
        securityGroupIds: instance.securityGroupIds,
        instanceProfile: instance.instanceProfile,
        keyPair: instance.keyPair,
        httpTokens: instance.httpTokens,
        httpPutResponseHopLimit: instance.httpPutResponseHopLimit,
        terminationProtection: await ec2.terminationProtection(instance.id),
      },
    };
  };

function notOne(
  installation: string,
  query: string,
  living: readonly Instance[],
): ReturnType<typeof refuse> {
  const seen = living.map(({ id, state }) => `${id} (${state})`).join(', ');
  return refuse(
    'MachineNotFound',
    `${String(living.length)} machines of ${installation} match ${query}: ${seen || 'none'}. Set ` +
      'servicesMachine in runbook.yaml so that it names exactly one, restart the worker.',
  );
}
