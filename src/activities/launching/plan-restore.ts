/**
 * Plans a restore without changing anything: which image, how to launch it, what it replaces.
 *
 * Looks at: the configuration, images and their tags, the source instance, the Elastic IP.
 * Changes: nothing. Safe to repeat because: it only reads.
 * Fails with: NoUsableImage, ImageNotAvailable, NotThisInstallation, ExternalServices,
 * MissingLaunchSetting, MachineNotFound.
 */
import { refuse } from '../../contract/failures';
import { sourceInstance, type OldAddresses, type RestorePlan } from '../../contract/plan';
import type { RestoreRequest } from '../../contract/requests';
import type { BackupRecord, LaunchSettings } from '../../machine/backups/backup-record';
import { backupQuery, newestUsable, takenAt } from '../../machine/backups/backups';
import { recordedLaunch } from '../../machine/backups/copies';
import { judgeRecorded, type Judgement } from '../../machine/databases/judge';
import { decodeObjects } from '../../machine/backups/object-tags';
import { currentHostname, type Pair } from '../../machine/addresses/own-hostname';
import { decodeRecord } from '../../machine/backups/record-tags';
import { sealUserData } from '../../machine/app/seal';
import { tagNames } from '../../machine/backups/tags';
import type { World } from '../../world';
import type { Ec2, Image, Instance } from '../../world/ec2';
import type { Outcome } from '../frame/attempt';
import {
  aboutLaunchedFrom,
  chooseImage,
  findExisting,
  imageOf,
} from '../parts/images/choose-image';
import { launchSettings, settingsOf } from '../parts/instances/launch-settings';
import { readySpare } from '../parts/instances/spares';
import { findElasticIp, findSource, machinesBeside } from '../parts/instances/surroundings';
import { describePlatform, type PlatformRecord } from '../../machine/platform/supported';
import { changesOf, notesOnObjects } from '../parts/instances/planned-changes';

/** The part of a restore's request that the plan depends on. */
export type PlanInput = Pick<
  RestoreRequest,
  'installation' | 'from' | 'region' | 'image' | 'instance' | 'replaces' | 'acknowledge' | 'builds'
> & {
  /** First run id of this restore, which its own machine bears as a tag. */
  readonly firstRunId: string;
};

export const planRestore =
  (world: World) =>
  async (input: PlanInput): Promise<Outcome & { plan: RestorePlan }> => {
    const home = world.installation(input.installation);
    const spare = input.from === 'spare' ? home.spare : undefined;
    const region = spare?.region ?? input.region;
    const configured = world.installation(input.installation, region);
    const ec2 = world.ec2(configured.region);
    const { existing, image, notes } = await startingPoint(world, configured.region, input);
    const record = decodeRecord(image.tags);
    const databases = judgedDatabases(record, configured, input);

    const sourceId = record?.sourceInstanceId ?? image.sourceInstanceId;
    const source = await findSource(ec2, sourceId);
    const { replaces, replacesFrom } = oldAddresses(input.replaces, { existing, record, source });
    const elasticIp = await findElasticIp(ec2, configured.reachedBy);
    const beside = await machinesBeside(world, configured, {
      installation: input.installation,
      servicesMachine: configured.servicesMachine,
      source,
      sourceId,
      heldBy: elasticIp?.heldBy,
      existing,
      firstRunId: input.firstRunId,
    });
    const recorded = record && recordedLaunch(image.tags, record.launch, configured.region);
    const base = recorded ?? (await settingsOfModel(ec2, existing ?? source));
    const facts = {
      installation: input.installation,
      region: configured.region,
      imageId: image.id,
      imageName: image.name,
      existingInstanceId: existing?.id,
      ...launchSettings(configured.launch, base),
      userData:
        existing === undefined && configured.launch.sealed !== false ? sealUserData() : undefined,
      replaces,
      replacesFrom,
      hostname: hostnameOf(configured.hostname, record, [replaces, elasticPair(elasticIp)]),
      record,
      databases,
      objects: decodeObjects(image.tags),
      hostKeys: [...(record?.hostKeys ?? []), existing?.tags[tagNames.hostKey] ?? []].flat(),
      source: source && { instanceId: source.id, state: source.state },
      ...beside,
      elasticIp,
      spare: spare && { securityGroupIds: spare.securityGroups },
    };
    const plan: RestorePlan = {
      ...facts,
      notes: [
        ...notesOf(facts, image),
        ...notes,
        ...notesOnObjects(facts, configured.objectStorage),
        ...(spare ? [await ageOfSpare(world, configured.region, { ...input, image })] : []),
      ],
      changes: changesOf(facts, input.builds.length, configured.objectStorage),
    };
    return { note: `from ${image.id} (${image.name})`, plan };
  };

interface StartingPoint {
  readonly existing?: Instance;
  readonly image: Image;
  /** What is to be known of the choice. */
  readonly notes: readonly string[];
}

/** The machine that is taken up again, if one is named, and the image that it all starts from. */
async function startingPoint(
  world: World,
  region: string,
  { installation, from, instance, image: id }: PlanInput,
): Promise<StartingPoint> {
  const ec2 = world.ec2(region);
  if (from !== 'spare' && instance === undefined) {
    return chooseImage(world, { installation, region, id, purpose: 'restore' });
  }
  const existing =
    instance === undefined || from === 'spare'
      ? await readySpare(ec2, installation)
      : await findExisting(ec2, installation, instance);
  const image = await imageOf(ec2, existing);
  return { existing, image, notes: from === 'spare' ? aboutLaunchedFrom(image) : [] };
}

/** Whether there is a newer backup than the spare holds: the person chooses. */
async function ageOfSpare(
  world: World,
  region: string,
  { installation, image }: { readonly installation: string; readonly image: Image },
): Promise<string> {
  const query = backupQuery(installation, world.installation(installation));
  const newest = newestUsable(await world.ec2(region).images(query));
  const late = newest ? Date.parse(takenAt(newest)) - Date.parse(takenAt(image)) : 0;
  if (!newest || newest.id === image.id || !(late > 0)) {
    return 'The spare holds the newest backup there is in its region.';
  }
  return (
    `The spare is older than the newest backup, ${newest.id}, by ${String(Math.ceil(late / 60_000))} ` +
    'minutes: what came in between is not on it. To restore from that backup instead, reject this and ' +
    'start again without "from".'
  );
}

async function settingsOfModel(
  ec2: Ec2,
  model: Instance | undefined,
): Promise<LaunchSettings | undefined> {
  return model && (await settingsOf(ec2, model));
}

/** Refuses only where it is certain that they are elsewhere; where it is not, a person is asked. */
function judgedDatabases(
  record: BackupRecord | undefined,
  { externalServices }: { readonly externalServices?: boolean | undefined },
  input: PlanInput,
): Judgement {
  const judged = judgeRecorded(record, externalServices);
  const { verdict, signs } = judged;
  const isCertain = verdict === 'outside' || verdict === 'partly';
  if (!isCertain || input.acknowledge.includes('external-services')) return judged;
  const what = verdict === 'partly' ? 'some of its databases' : 'its databases';
  throw refuse(
    'ExternalServices',
    `${input.installation} keeps ${what} outside the machine: the image does not hold them, ` +
      'and the restored app would write into the live ones. Restore them first, then start again ' +
      `with "acknowledge":["external-services"]. Signs: ${signs.join(' · ').slice(0, 1000)}`,
  );
}

function oldAddresses(
  requested: RestoreRequest['replaces'],
  seen: {
    readonly existing?: Instance | undefined;
    readonly record?: BackupRecord | undefined;
    readonly source?: Instance | undefined;
  },
): { replaces?: OldAddresses; replacesFrom: string } {
  if (requested) return { replaces: requested, replacesFrom: 'the request' };
  const [privateTag, publicTag] = seen.existing?.tags[tagNames.replaces]?.split(' ') ?? [];
  if (privateTag) {
    return { replaces: addresses(privateTag, publicTag), replacesFrom: "the machine's tags" };
  }
  if (seen.record) {
    const { privateAddress, publicAddress } = seen.record;
    return { replaces: addresses(privateAddress, publicAddress), replacesFrom: "the image's tags" };
  }
  if (seen.source?.privateAddress) {
    const { privateAddress, publicAddress } = seen.source;
    return {
      replaces: addresses(privateAddress, publicAddress),
      replacesFrom: sourceInstance,
    };
  }
  return { replacesFrom: "the new machine's own files, to be confirmed at a gate" };
}

/** The hostname to go by: an address in runbook.yaml may be that of a machine before. */
function hostnameOf(
  configured: string,
  record: BackupRecord | undefined,
  pairs: readonly (Pair | undefined)[],
): string {
  const recorded = { private: record?.privateAddress, public: record?.publicAddress };
  const known = [recorded, ...pairs].filter((pair) => pair !== undefined);
  return currentHostname(configured, { had: record?.hostname, known });
}

function elasticPair(elasticIp: RestorePlan['elasticIp']): Pair {
  return { public: elasticIp?.publicAddress };
}

function addresses(privateAddress: string, publicAddress: string | undefined): OldAddresses {
  return publicAddress
    ? { private: privateAddress, public: publicAddress }
    : { private: privateAddress };
}

function notesOf(facts: Omit<RestorePlan, 'notes' | 'changes'>, image: Image): string[] {
  const { record, replaces, replacesFrom, userData, existingInstanceId } = facts;
  const notes = record
    ? [`The image was taken at ${record.takenAt} from ${record.sourceInstanceId}.`]
    : [`The image was made by hand at ${image.createdAt}; it carries no record.`];
  notes.push(
    replaces
      ? `It carries ${[replaces.private, replaces.public].filter(Boolean).join(' and ')} (from ${replacesFrom}).`
      : `Its old addresses are not known: they are read from ${replacesFrom}.`,
  );
  if (userData === undefined && existingInstanceId === undefined) {
    notes.push(
      'launch.sealed is false: the machine dials the old addresses, and starts its app on them, ' +
        'until instruction 2 stops it.',
    );
  }
  if (record?.platform) {
    notes.push(
      `That machine was: ${describePlatform(record.platform, record.replicatedVersion)}.`,
      ...warningsAbout(record.platform),
    );
  }
  for (const missing of record?.unrecorded ?? []) notes.push(`Not recorded at backup: ${missing}`);
  return notes;
}

function warningsAbout({ cannot }: PlatformRecord): string[] {
  return cannot === undefined
    ? []
    : [`This product could NOT restore that machine when it was backed up: ${cannot}.`];
}
