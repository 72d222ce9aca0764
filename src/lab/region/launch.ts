/** RunInstances: exactly what was asked, once for each client token. */
import { createHash } from 'node:crypto';
import { ApiError, checkId, invalidValue, notFound } from './api-error';
import type { Action, Call } from './call';
import { newId } from './ids';
import { diskOf, endsWithMachine, refuseMappings } from './launch-disks';
import { reservationXml } from './instance-views';
import { makeMachine, takePrivateAddress, takePublicAddress } from './lifecycle';
import { demandFit, demandOffer, demandRoom } from './market';
import type { Image, Instance, Subnet, Volume } from './model';
import { addTags } from './tagging';
import type { Tags } from './query';

/** "Valid for at least 24 hours after the termination of the instance". */
const tokenSpentMs = 24 * 3_600_000;

/** RunInstances, for one instance. */
export const runInstances: Action = (call) => {
  const { query, region } = call;
  const token = query.text('ClientToken');
  const tokenFor = request(call);
  const earlier = token === undefined ? undefined : launchedWith(call, token, tokenFor);
  if (earlier !== undefined) {
    call.commit();
    return reservationXml(region, earlier);
  }
  if (query.number('MinCount') !== 1 || query.number('MaxCount') !== 1) {
    throw new ApiError(
      'InstanceLimitExceeded',
      'The lab launches one instance at a time: MinCount and MaxCount must be 1.',
    );
  }
  const spec = checkedSpec(call);
  call.commit();
  demandRoom(region, spec.facts.instanceType, spec.subnet);
  const privateAddress = takePrivateAddress(region, spec.subnet, spec.wantedAddress);
  const instance: Instance = {
    ...spec.facts,
    id: newId('i'),
    reservationId: newId('r'),
    eniId: newId('eni'),
    privateAddress,
    autoAddressed: spec.subnet.autoAddresses,
    autoAddress: spec.subnet.autoAddresses ? takePublicAddress(region) : undefined,
    state: 'pending',
    fate: call.fate('instance-dies'),
    createdAt: region.now(),
    launchedAt: region.now(),
    clientToken: token,
    tokenFor: token === undefined ? undefined : tokenFor,
  };
  // The instance counts only once its disk is there: a lab killed in between has launched nothing.
  makeMachine(region, instance, spec.image);
  region.machines.get(instance.id)?.powerOff();
  const volume: Volume = {
    ...spec.disk,
    id: newId('vol'),
    instanceId: instance.id,
    device: '/dev/sda1',
    createdAt: region.now(),
  };
  region.state.instances[instance.id] = instance;
  region.state.volumes[volume.id] = volume;
  for (const { device, snapshotId, size, deleteOnTermination: recorded } of spec.image.more) {
    const deleteOnTermination = endsWithMachine(query, device) ?? recorded;
    const id = newId('vol');
    region.state.volumes[id] = { ...volume, id, device, snapshotId, size, deleteOnTermination };
  }
  region.schedule(region.timings.run, 'run', instance.id);
  return reservationXml(region, instance);
};

/** A digest of the request, without what may differ under one token. */
function request({ query }: Call): string {
  const parameters = Object.entries({ ...query.visible(), UserData: query.text('UserData') })
    .filter(([name]) => !['ClientToken', 'DryRun', 'Placement.AvailabilityZone'].includes(name))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(parameters)).digest('hex');
}

function launchedWith(call: Call, token: string, tokenFor: string): Instance | undefined {
  if (!/^[\x21-\x7e]{1,64}$/.test(token)) {
    throw invalidValue('Invalid client token: up to 64 ASCII characters');
  }
  const now = call.region.now();
  const found = Object.values(call.region.state.instances).find(
    ({ clientToken, terminatedAt }) =>
      clientToken === token && (terminatedAt === undefined || now < terminatedAt + tokenSpentMs),
  );
  if (found !== undefined && found.tokenFor !== tokenFor) {
    throw new ApiError(
      'IdempotentParameterMismatch',
      'Arguments on this idempotent request are inconsistent with arguments used in previous ' +
        'request(s).',
    );
  }
  return found;
}

type Facts = Pick<
  Instance,
  | 'imageId'
  | 'instanceType'
  | 'subnetId'
  | 'groupIds'
  | 'profileArn'
  | 'keyName'
  | 'httpTokens'
  | 'hopLimit'
  | 'terminationProtection'
  | 'shutdownBehavior'
  | 'userData'
  | 'tags'
  | 'eniTags'
>;

interface Spec {
  readonly facts: Facts;
  readonly image: Image;
  readonly subnet: Subnet;
  readonly wantedAddress: string | undefined;
  readonly disk: Pick<Volume, 'size' | 'type' | 'snapshotId' | 'deleteOnTermination' | 'tags'>;
}

function checkedSpec(call: Call): Spec {
  const { query } = call;
  const tags = query.tagSpecifications(['instance', 'volume', 'network-interface']);
  if (Object.keys(tags).length > 0) {
    call.demand('CreateTags');
  }
  const image = launchable(call, query.required('ImageId'));
  const instanceType = query.text('InstanceType') ?? 'm1.small';
  demandFit(instanceType, image);
  const { subnet, groupIds, wantedAddress } = placement(call);
  demandOffer(call.region, instanceType, subnet);
  const keyName = query.text('KeyName');
  if (keyName !== undefined && !call.region.state.keyPairs.includes(keyName)) {
    throw new ApiError('InvalidKeyPair.NotFound', `The key pair '${keyName}' does not exist`);
  }
  const facts = {
    imageId: image.id,
    instanceType,
    subnetId: subnet.id,
    groupIds,
    profileArn: profile(call),
    keyName,
    httpTokens: httpTokens(query.text('MetadataOptions.HttpTokens')),
    hopLimit: query.number('MetadataOptions.HttpPutResponseHopLimit') ?? 1,
    terminationProtection: query.flag('DisableApiTermination') ?? false,
    shutdownBehavior: shutdownBehavior(query.text('InstanceInitiatedShutdownBehavior')),
    userData: checkedUserData(query.text('UserData')),
    tags: checkedTags(tags.instance),
    eniTags: checkedTags(tags['network-interface']),
  };
  refuseMappings(call, image);
  const disk = diskOf(call, image, checkedTags(tags.volume));
  return { facts, image, subnet, wantedAddress, disk };
}

function checkedTags(tags: Tags | undefined): Tags {
  return addTags({}, tags ?? {});
}

function launchable(call: Call, id: string): Image {
  const image = call.image(id);
  if (image.state !== 'available') {
    throw new ApiError(
      'InvalidAMIID.Unavailable',
      `The image ID '${id}' is not available: it is ${image.state}`,
    );
  }
  return image;
}

function placement(call: Call) {
  const { query, region } = call;
  const [card] = query.groups('NetworkInterface');
  const topLevel = query.text('SubnetId') ?? query.list('SecurityGroupId')[0];
  if (card !== undefined && topLevel !== undefined) {
    throw new ApiError(
      'InvalidParameterCombination',
      'Network interfaces and an instance-level subnet ID or security groups may not be ' +
        'specified on the same request',
    );
  }
  const prefix = card === undefined ? '' : `${card}.`;
  const { subnets, groups } = region.state;
  const subnetId = query.text(`${prefix}SubnetId`) ?? Object.keys(subnets)[0] ?? '';
  const subnet = Object.values(subnets).find(({ id }) => id === subnetId);
  if (subnet === undefined) {
    throw notFound('subnet', subnetId);
  }
  const asked = query.list(`${prefix}SecurityGroupId`);
  for (const id of asked) {
    checkId('sg', id);
    if (groups[id] === undefined) {
      throw notFound('sg', id);
    }
    if (groups[id].vpcId !== subnet.vpcId) {
      const apart = `Security group ${id} and subnet ${subnet.id} belong to different networks.`;
      throw new ApiError('InvalidParameter', apart);
    }
  }
  const standard = Object.values(groups).filter(({ name }) => name === 'default');
  return {
    subnet,
    groupIds: asked.length > 0 ? asked : standard.map(({ id }) => id),
    wantedAddress: query.text(`${prefix}PrivateIpAddress`),
  };
}

function profile(call: Call): string | undefined {
  const { query, region } = call;
  const arn = query.text('IamInstanceProfile.Arn');
  const name = query.text('IamInstanceProfile.Name') ?? arn?.split('/').at(-1);
  if (name === undefined) {
    return undefined;
  }
  if (!region.state.profiles.includes(name)) {
    throw invalidValue(
      `Value (${arn ?? name}) for parameter iamInstanceProfile.${arn ? 'arn' : 'name'} is ` +
        'invalid. Invalid IAM Instance Profile',
    );
  }
  call.demand('iam:PassRole');
  return `arn:aws:iam::${region.state.owner}:instance-profile/${name}`;
}

function httpTokens(value: string | undefined): 'optional' | 'required' {
  if (value !== undefined && value !== 'optional' && value !== 'required') {
    throw invalidValue(`Invalid value '${value}' for MetadataOptions.HttpTokens`);
  }
  return value ?? 'optional';
}

/** What an instance does when it shuts itself down. */
export function shutdownBehavior(value: string | undefined): Instance['shutdownBehavior'] {
  if (value !== undefined && value !== 'stop' && value !== 'terminate') {
    throw invalidValue(`Invalid value '${value}' for InstanceInitiatedShutdownBehavior`);
  }
  return value;
}

/** "Limited to 16 KB, in raw form, before it is base64-encoded." */
const maxUserDataBytes = 16_384;

function checkedUserData(value: string | undefined): string | undefined {
  if (value === undefined || value === '') {
    return undefined;
  }
  const bytes = Buffer.from(value, 'base64');
  if (bytes.toString('base64').replace(/=+$/, '') !== value.replace(/=+$/, '')) {
    throw new ApiError('InvalidParameterValue', 'Invalid BASE64 encoding of user data.');
  }
  if (bytes.length > maxUserDataBytes) {
    throw new ApiError('InvalidParameterValue', 'User data is limited to 16384 bytes');
  }
  return value;
}
