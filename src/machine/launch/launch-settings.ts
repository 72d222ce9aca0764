/** How a machine like another one is launched: configured, else as the other one was. */
import type { LaunchSettings } from '../backups/backup-record';

/** One, or several in the order in which they are tried. */
export type OneOrMore = string | readonly string[];

/** What `launch` in runbook.yaml may say. */
export interface ConfiguredLaunch extends Partial<
  Pick<
    LaunchSettings,
    | 'instanceProfile'
    | 'keyPair'
    | 'httpTokens'
    | 'httpPutResponseHopLimit'
    | 'terminationProtection'
  >
> {
  readonly instanceType?: OneOrMore | undefined;
  readonly subnet?: OneOrMore | undefined;
  readonly securityGroups?: readonly string[] | undefined;
}

/** Where and on what a machine is launched: the part of its settings that may have alternatives. */
export type LaunchChoice = Pick<LaunchSettings, 'instanceType' | 'subnetId'>;

/** A launch as it is frozen in a plan: what is tried first, and what if that is refused. */
export interface PlannedLaunch {
  readonly launch: LaunchSettings;
  /** In their order; absent or empty: there is nothing else to try. */
  readonly alternatives?: readonly LaunchChoice[];
}

/** The texts of a setting, each once. */
export function each(setting: OneOrMore | undefined): readonly string[] {
  return [...new Set([setting ?? []].flat())];
}

/** Puts the two together; undefined when neither says what a launch cannot do without. */
export function launchLike(
  configured: ConfiguredLaunch,
  base: Partial<LaunchSettings> = {},
): LaunchSettings | undefined {
  const [instanceType = base.instanceType] = each(configured.instanceType);
  const [subnetId = base.subnetId] = each(configured.subnet);
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

/** The same with what is tried when the first is refused: a type in every subnet, then the next. */
export function launchesLike(
  configured: ConfiguredLaunch,
  base: Partial<LaunchSettings> = {},
): PlannedLaunch | undefined {
  const launch = launchLike(configured, base);
  if (launch === undefined) return undefined;
  const types = each(configured.instanceType);
  const subnets = each(configured.subnet);
  const all = (types.length > 0 ? types : [launch.instanceType]).flatMap((instanceType) =>
    (subnets.length > 0 ? subnets : [launch.subnetId]).map((subnetId) => ({
      instanceType,
      subnetId,
    })),
  );
  const [, ...alternatives] = all;
  return { launch, ...(alternatives.length > 0 ? { alternatives } : {}) };
}

/** Everything that is tried, in its order. */
export function launchesOf({
  launch,
  alternatives = [],
}: PlannedLaunch): readonly LaunchSettings[] {
  return [launch, ...alternatives.map((choice) => ({ ...launch, ...choice }))];
}

/** `m5.2xlarge in subnet-0123`. */
export function choiceText({ instanceType, subnetId }: LaunchChoice): string {
  return `${instanceType} in ${subnetId}`;
}

/** One setting that is another one now. */
export interface LaunchChange {
  readonly setting: string;
  readonly before: string;
  readonly after: string;
}

/** What differs between two launches, in the words of runbook.yaml. */
export function launchChanges(before: PlannedLaunch, after: PlannedLaunch): LaunchChange[] {
  const [old, current] = [before, after].map(settingsIn);
  return Object.keys(wording).flatMap((setting) => {
    const [was = '', is = ''] = [old?.[setting], current?.[setting]];
    return was === is ? [] : [{ setting, before: was, after: is }];
  });
}

const wording: Readonly<Record<string, (plan: PlannedLaunch) => string | undefined>> = {
  'tried in this order': (plan) => launchesOf(plan).map(choiceText).join(', then '),
  securityGroups: ({ launch }) => launch.securityGroupIds.join(', '),
  instanceProfile: ({ launch }) => launch.instanceProfile,
  keyPair: ({ launch }) => launch.keyPair,
  httpTokens: ({ launch }) => launch.httpTokens,
  httpPutResponseHopLimit: ({ launch }) => String(launch.httpPutResponseHopLimit),
  terminationProtection: ({ launch }) => String(launch.terminationProtection),
};

function settingsIn(plan: PlannedLaunch): Record<string, string> {
  return Object.fromEntries(
    Object.entries(wording).map(([setting, word]) => [setting, word(plan) ?? 'none']),
  );
}

/** Where a copy of the live machine is launched, as `spare` and `drill` in runbook.yaml say it. */
export interface QuarantinePlace {
  readonly subnet?: OneOrMore | undefined;
  readonly quarantineSecurityGroup: string;
  readonly instanceType?: OneOrMore | undefined;
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
