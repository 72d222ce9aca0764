/** How to launch the machine: configured, else recorded at backup, else as the source is now. */
import { refuse } from '../contract/failures';
import type { LaunchSettings } from '../machine/backup-record';
import type { World } from '../world';
import type { Instance } from '../world/ec2';

type ConfiguredLaunch = ReturnType<World['installation']>['launch'];

/** Puts the launch settings together; refuses when nothing says what they are. */
export function launchSettings(
  configured: ConfiguredLaunch,
  recorded: LaunchSettings | undefined,
  live: Instance | undefined,
): LaunchSettings {
  const base: Partial<LaunchSettings> = recorded ?? (live ? { ...live } : {});
  const instanceType = configured.instanceType ?? base.instanceType;
  const subnetId = configured.subnet ?? base.subnetId;
  const securityGroupIds = configured.securityGroups ?? base.securityGroupIds;
  if (!instanceType || !subnetId || !securityGroupIds?.length) {
    throw refuse(
      'MissingLaunchSetting',
      'Neither the image nor a living source says how to launch the machine. Set launch.' +
        'instanceType, launch.subnet and launch.securityGroups in runbook.yaml, restart the worker.',
    );
  }
  return {
    instanceType,
    subnetId,
    securityGroupIds,
    instanceProfile: configured.instanceProfile ?? base.instanceProfile,
    keyPair: configured.keyPair ?? base.keyPair,
    httpTokens: configured.httpTokens ?? base.httpTokens ?? 'optional',
    httpPutResponseHopLimit:
      configured.httpPutResponseHopLimit ?? base.httpPutResponseHopLimit ?? 2,
    terminationProtection: configured.terminationProtection ?? base.terminationProtection ?? false,
  };
}
