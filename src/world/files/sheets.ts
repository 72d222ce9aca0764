/** Makes the sheet of an installation from its configuration and what EC2 tells; keeps it as files. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Installation } from '../../config';
import { refuse } from '../../contract/failures';
import type { Elsewhere, SheetFacts, Spare, Specs } from '../../contract/sheet/facts';
import { sheetHtml } from '../../contract/sheet/html';
import { sheetMarkdown } from '../../contract/sheet/markdown';
import { makeSheet } from '../../contract/sheet/sheet';
import { backupQuery, chooseBackup, newestUsable, takenAt } from '../../machine/backups/backups';
import { judgeRecorded } from '../../machine/databases/judge';
import { recordedLaunch } from '../../machine/backups/copies';
import type { LaunchSettings } from '../../machine/backups/backup-record';
import { each, launchesLike, launchLike } from '../../machine/launch/launch-settings';
import { currentHostname } from '../../machine/addresses/own-hostname';
import { decodeRecord } from '../../machine/backups/record-tags';
import { tagNames } from '../../machine/backups/tags';
import type { Ec2 } from '../ec2';
import { writeWhole } from './whole-file';

/** Which installation, and who is asked about it. */
export interface SheetOrder {
  readonly name: string;
  readonly installation: Installation;
  readonly ec2: (region: string) => Pick<Ec2, 'images' | 'instances' | 'specs'>;
  readonly madeAt: Date;
  readonly signal?: AbortSignal;
}

/** Reads what a sheet says; refuses when there is no backup that a restore could start from. */
export async function readSheet(order: SheetOrder): Promise<SheetFacts> {
  const { name, installation, madeAt, signal } = order;
  const { region, servicesMachine, reachedBy } = installation;
  const images = await order.ec2(region).images(backupQuery(name, installation), signal);
  const { image, passedOver } = chooseBackup(images);
  const record = image && decodeRecord(image.tags);
  if (image === undefined || record === undefined) {
    const seen = passedOver.map((one) => `${one.image.id} ${one.why}`).join(', ');
    throw refuse(
      'NoUsableImage',
      `No usable backup of ${name} was found in ${region} (seen: ${seen === '' ? 'none' : seen}), ` +
        `so there is nothing to write on its sheet. Make one: runbook backup ${name}`,
    );
  }
  const kind = installation.objectStorage?.kind ?? 's3';
  const recorded = recordedLaunch(image.tags, record.launch, region);
  const launch = launchLike(installation.launch, recorded) ?? record.launch;
  return {
    installation: name,
    madeAt: madeAt.toISOString(),
    region,
    hostname: currentHostname(installation.hostname, {
      had: record.hostname,
      known: [{ private: record.privateAddress, public: record.publicAddress }],
    }),
    elasticIp: 'elasticIp' in reachedBy ? reachedBy.elasticIp : undefined,
    login: loginOf(installation),
    hostKeys: installation.ssh.hostKeys,
    foundBy: 'tags' in servicesMachine ? servicesMachine.tags : {},
    image: { id: image.id, name: image.name, createdAt: takenAt(image), disks: image.disks },
    elsewhere: await Promise.all(
      (installation.copies ?? []).map((copy) => lookElsewhere(order, copy)),
    ),
    spare: installation.spare && (await lookAtSpare(order, installation.spare.region)),
    record,
    launch,
    specs: await specsOf(order, launch.instanceType),
    ...(await alternativesTo(order, recorded)),
    databases: judgeRecorded(record, installation.externalServices),
    objectStorage: kind === 's3' ? record.objectStorage : kind,
  };
}

/** The further types and subnets of the configuration, with what each type has. */
async function alternativesTo(
  order: SheetOrder,
  recorded: Partial<LaunchSettings>,
): Promise<Pick<SheetFacts, 'alternatives'>> {
  const { alternatives = [] } = launchesLike(order.installation.launch, recorded) ?? {};
  if (alternatives.length === 0) return {};
  const known = new Map<string, Specs>();
  for (const { instanceType: type } of alternatives) {
    if (!known.has(type)) known.set(type, await specsOf(order, type));
  }
  const none: Specs = { unknown: 'nobody asked' };
  return {
    alternatives: alternatives.map((choice) => ({
      ...choice,
      specs: known.get(choice.instanceType) ?? none,
    })),
  };
}

type Copied = NonNullable<Installation['copies']>[number];

/** A region that does not answer is told as such: it may be the very one that is gone. */
async function lookElsewhere(
  { name, installation, ec2, signal }: SheetOrder,
  { region, launch }: Copied,
): Promise<Elsewhere> {
  const subnets = each(launch.subnet);
  const subnetId = subnets.length === 0 ? undefined : subnets.join(' or ');
  const place = { region, subnetId, securityGroupIds: launch.securityGroups };
  try {
    const newest = newestUsable(await ec2(region).images(backupQuery(name, installation), signal));
    if (newest === undefined) return { ...place, copy: { unknown: 'there is no usable copy yet' } };
    return { ...place, copy: { image: newest.id, takenAt: takenAt(newest) } };
  } catch (error) {
    return { ...place, copy: { unknown: messageOf(error) } };
  }
}

async function lookAtSpare({ name, ec2, signal }: SheetOrder, region: string): Promise<Spare> {
  const tags = { [tagNames.installation]: name, [tagNames.kind]: 'spare' };
  try {
    const machines = await ec2(region).instances({ tags }, signal);
    const ready = machines.find((one) => one.tags[tagNames.state] === 'ready');
    if (ready === undefined) return { region, machine: { unknown: 'none is ready' } };
    const { id: instanceId, imageId: image, instanceType } = ready;
    return { region, machine: { instanceId, image, instanceType } };
  } catch (error) {
    return { region, machine: { unknown: messageOf(error) } };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// Word by word: a path of a key, or a field that comes to the configuration later, stays out of it.
function loginOf({ ssh: { user, port, address, bastion } }: Installation): SheetFacts['login'] {
  const through = bastion && { user: bastion.user, host: bastion.host, port: bastion.port };
  return { user, port, address, bastion: through };
}

/** The only thing that a sheet can do without. */
async function specsOf(
  { ec2, installation, signal }: SheetOrder,
  type: string,
): Promise<SheetFacts['specs']> {
  try {
    const specs = await ec2(installation.region).specs(type, signal);
    return specs ?? { unknown: `there is no instance type ${type} in ${installation.region}` };
  } catch (error) {
    return { unknown: messageOf(error) };
  }
}

/** Replaces both files of an installation's sheet; returns the path of the Markdown. */
export async function saveSheet(folder: string, facts: SheetFacts): Promise<string> {
  const sheet = makeSheet(facts);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, facts.installation);
  await writeWhole(`${path}.html`, sheetHtml(sheet));
  await writeWhole(`${path}.md`, sheetMarkdown(sheet));
  return `${path}.md`;
}
