/** How to launch the machine: configured, else recorded at backup, else as the source is now. */
import { refuse } from '../../../contract/failures';
import type { LaunchSettings } from '../../../machine/backups/backup-record';
import {
  launchesLike,
  type ConfiguredLaunch,
  type PlannedLaunch,
} from '../../../machine/launch/launch-settings';
import type { Ec2, Instance } from '../../../world/ec2';

/** The settings of a machine as EC2 tells them now. */
export async function settingsOf(ec2: Ec2, instance: Instance): Promise<LaunchSettings> {
  const isGone = instance.state === 'terminated' || instance.state === 'shutting-down';
  return {
    instanceType: instance.instanceType,
    subnetId: instance.subnetId,
    securityGroupIds: instance.securityGroupIds,
    instanceProfile: instance.instanceProfile,
    keyPair: instance.keyPair,
    httpTokens: instance.httpTokens,
    httpPutResponseHopLimit: instance.httpPutResponseHopLimit,
    terminationProtection: !isGone && (await ec2.terminationProtection(instance.id)),
  };
}

/** A launch with what it was put together from, apart from the configuration. */
export interface ChosenLaunch extends PlannedLaunch {
  readonly launchBase?: Partial<LaunchSettings> | undefined;
}

/** Puts the launch settings together; refuses when nothing says what they are. */
export function launchSettings(
  configured: ConfiguredLaunch,
  base?: Partial<LaunchSettings>,
): ChosenLaunch {
  const planned = launchesLike(configured, base);
  if (planned) return { ...planned, launchBase: base };
  throw refuse(
    'MissingLaunchSetting',
    'Neither the image nor a living source says how to launch the machine. Set launch.' +
      'instanceType, launch.subnet and launch.securityGroups in runbook.yaml (for another region in ' +
      'its entry in copies), restart the worker.',
  );
}
