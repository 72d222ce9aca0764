/** How a machine like another one is launched: configured, else as the other one was. */
import type { LaunchSettings } from './backup-record';

/** What `launch` in runbook.yaml may say. */
export interface ConfiguredLaunch extends Partial<
  Pick<
    LaunchSettings,
    | 'instanceType'
    | 'instanceProfile'
    | 'keyPair'
    | 'httpTokens'
    | 'httpPutResponseHopLimit'
    | 'terminationProtection'
  >
> {
  readonly subnet?: string | undefined;
  readonly securityGroups?: readonly string[] | undefined;
}

/** Puts the two together; undefined when neither says what a launch cannot do without. */
export function launchLike(
  configured: ConfiguredLaunch,
  base: Partial<LaunchSettings> = {},
): LaunchSettings | undefined {
  const instanceType = configured.instanceType ?? base.instanceType;
  const subnetId = configured.subnet ?? base.subnetId;
  const securityGroupIds = configured.securityGroups ?? base.securityGroupIds;
  if (!instanceType || !subnetId || !securityGroupIds?.length) return undefined;
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

/** Where a copy of the live machine is launched, as `spare` and `drill` in runbook.yaml say it. */
export interface QuarantinePlace {
  readonly subnet?: string | undefined;
  readonly quarantineSecurityGroup: string;
  readonly instanceType?: string | undefined;
}

/** What is configured for a copy in quarantine; `launch` is what holds for its region. */
export function launchInQuarantine(
  launch: ConfiguredLaunch,
  { subnet, quarantineSecurityGroup, instanceType }: QuarantinePlace,
): ConfiguredLaunch {
  return {
    ...launch,
    ...(subnet === undefined ? {} : { subnet }),
    ...(instanceType === undefined ? {} : { instanceType }),
    securityGroups: [quarantineSecurityGroup],
    // It is ended when it has served.
    terminationProtection: false,
  };
}

/** What of the settings means something in another region too. */
export function inAnyRegion(launch: LaunchSettings): Partial<LaunchSettings> {
  const { subnetId, securityGroupIds, keyPair, ...rest } = launch;
  return rest;
}
