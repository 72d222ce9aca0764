/** What a call asks of its caller's policies: each action on each resource that it touches. */
import { contextOf, hasResources } from './condition-keys';
import { snapshotsOf } from './model';
import type { Question } from './policy';
import type { Query, Tags } from './query';
import type { Region } from './region';

interface Asked {
  readonly region: Region;
  readonly action: string;
  readonly query: Query;
}

/** A resource as policies see it. */
interface Resource {
  readonly type: string;
  readonly arn: string;
  readonly facts: Question['context'];
}

type Facts = Record<string, readonly string[]>;

/** Everything that must be allowed; what is not there asks nothing, and the action will say so. */
export function questionsOf(asked: Asked): Question[] {
  const { action, region } = asked;
  const everywhere = { 'ec2:Region': [region.name] };
  if (!hasResources(action)) {
    return [{ action: `ec2:${action}`, resource: '*', context: everywhere }];
  }
  const about = (name: string, { type, arn, facts }: Resource, more: Facts = {}): Question => ({
    action: `ec2:${name}`,
    resource: arn,
    context: contextOf(name, type, { ...everywhere, ...facts, ...more }),
  });
  const request = requestFacts(asked);
  const touched = resourcesOf(asked).map((one) => about(action, one, request(one.type)));
  const tagging = Object.keys(newTags(asked)).map((type) =>
    about('CreateTags', unmade(region, type), {
      ...request(type),
      'ec2:CreateAction': [action],
    }),
  );
  return [...touched, ...tagging, ...passedRole(asked)];
}

/** What the request itself says, for the resources of a type. */
function requestFacts(asked: Asked): (type: string) => Facts {
  const { action, query } = asked;
  if (action === 'CreateTags') return () => tagFacts('aws:RequestTag/', query.tags('Tag'));
  if (action === 'DeleteTags') {
    const names = query.groups('Tag').map((prefix) => query.required(`${prefix}.Key`));
    return (): Facts => (names.length > 0 ? { 'aws:TagKeys': names } : {});
  }
  if (action === 'ModifyInstanceAttribute') return () => attributeFacts(query);
  const tags = newTags(asked);
  return (type) => tagFacts('aws:RequestTag/', tags[type] ?? {});
}

function tagFacts(prefix: string, tags: Tags): Facts {
  const names = Object.keys(tags);
  const each = Object.entries(tags).map(([key, value]) => [`${prefix}${key}`, [value]] as const);
  const isRequest = prefix === 'aws:RequestTag/' && names.length > 0;
  return { ...Object.fromEntries(each), ...(isRequest ? { 'aws:TagKeys': names } : {}) };
}

/**
 * `ec2:Attribute` names what the request sets, as the request does. "This condition key supports only
 * properties that are of a primitive data type, or … contain only a Value property": of the mapping
 * of a device it says nothing.
 */
function attributeFacts(query: Query): Facts {
  const legacy = query.text('Attribute');
  if (legacy !== undefined) {
    const value = query.text('Value');
    return {
      'ec2:Attribute': [legacy],
      ...(value === undefined ? {} : { [`ec2:Attribute/${legacy}`]: [value] }),
    };
  }
  const groups = query.list('GroupId');
  if (groups.length > 0) return { 'ec2:Attribute': ['GroupId'] };
  const [name] = ['UserData', 'InstanceInitiatedShutdownBehavior', 'DisableApiTermination'].filter(
    (one) => query.text(`${one}.Value`) !== undefined,
  );
  return name === undefined
    ? {}
    : { 'ec2:Attribute': [name], [`ec2:Attribute/${name}`]: [query.text(`${name}.Value`) ?? ''] };
}

const made: Readonly<Record<string, readonly string[]>> = {
  CreateImage: ['image', 'snapshot'],
  CopyImage: ['image', 'snapshot'],
  RunInstances: ['instance', 'volume', 'network-interface'],
};

/** The tags for what the call makes, by type. */
function newTags({ action, query }: Asked): Readonly<Record<string, Tags>> {
  const types = made[action];
  if (types === undefined) return {};
  const asked = query.tagSpecifications(types);
  return Object.fromEntries(Object.entries(asked).filter(([, tags]) => Object.keys(tags).length));
}

function arnOf(region: Region, type: string, id: string): string {
  const account = type === 'image' || type === 'snapshot' ? '' : region.state.owner;
  return `arn:aws:ec2:${region.name}:${account}:${type}/${id}`;
}

/** What does not exist yet has the id `*`. */
function unmade(region: Region, type: string): Resource {
  return { type, arn: arnOf(region, type, '*'), facts: {} };
}

function resourcesOf(asked: Asked): readonly Resource[] {
  const { action, query, region } = asked;
  const named = (ids: readonly (string | undefined)[]) =>
    ids.flatMap((id) => (id === undefined ? [] : (resourceOf(region, id) ?? [])));
  switch (action) {
    case 'RunInstances':
      return [...launched(asked, named), ...(made[action] ?? []).map((one) => unmade(region, one))];
    case 'CreateImage':
      return [
        ...named([query.text('InstanceId')]),
        unmade(region, 'image'),
        unmade(region, 'snapshot'),
      ];
    case 'CopyImage': {
      const from = region.parts.neighbour(query.text('SourceRegion') ?? '');
      const source = from && resourceOf(from, query.text('SourceImageId') ?? '');
      return [...(source ? [source] : []), unmade(region, 'image'), unmade(region, 'snapshot')];
    }
    case 'AssociateAddress': {
      const id = query.text('InstanceId') ?? '';
      const card = region.state.instances[id]?.eniId;
      return named([query.text('AllocationId'), id, card]);
    }
    case 'ModifyInstanceAttribute':
      return named([
        query.text('InstanceId'),
        ...query.list('GroupId'),
        ...mappedVolumes(region, query),
      ]);
    case 'CreateTags':
    case 'DeleteTags':
      return named(query.list('ResourceId'));
    default:
      return named([
        ...query.list('InstanceId'),
        query.text('InstanceId'),
        query.text('ImageId'),
        query.text('SnapshotId'),
      ]);
  }
}

type Named = (ids: readonly (string | undefined)[]) => readonly Resource[];

/** What a launch uses: a snapshot only where the request itself names one. */
function launched({ query, region }: Asked, named: Named): readonly Resource[] {
  const { subnets, groups } = region.state;
  const asked = query.list('SecurityGroupId');
  const standard = Object.values(groups).filter(({ name }) => name === 'default');
  const keyName = query.text('KeyName');
  const key = keyName === undefined ? [] : [{ ...unmade(region, 'key-pair') }];
  return [
    ...named([query.text('ImageId'), query.text('SubnetId') ?? Object.keys(subnets)[0]]),
    ...named(asked.length > 0 ? asked : standard.map(({ id }) => id)),
    ...key.map((one) => ({ ...one, arn: arnOf(region, 'key-pair', keyName ?? '') })),
    ...named(
      query.groups('BlockDeviceMapping').map((prefix) => query.text(`${prefix}.Ebs.SnapshotId`)),
    ),
  ];
}

function mappedVolumes(region: Region, query: Query): string[] {
  const devices = query
    .groups('BlockDeviceMapping')
    .map((prefix) => query.text(`${prefix}.DeviceName`));
  return Object.values(region.state.volumes)
    .filter(({ instanceId }) => instanceId === query.text('InstanceId'))
    .filter(({ device }) => devices.includes(device))
    .map(({ id }) => id);
}

function passedRole({ query, region }: Asked): Question[] {
  const arn = query.text('IamInstanceProfile.Arn');
  const name = query.text('IamInstanceProfile.Name') ?? arn?.split('/').at(-1);
  if (name === undefined) return [];
  return [
    {
      action: 'iam:PassRole',
      // The lab's profiles carry the role of their own name.
      resource: `arn:aws:iam::${region.state.owner}:role/${name}`,
      context: { 'iam:PassedToService': ['ec2.amazonaws.com'] },
    },
  ];
}

/** A resource by its id, as it is and not as reads show it yet. */
function resourceOf(region: Region, id: string): Resource | undefined {
  const { instances, images, snapshots, volumes, subnets, groups, addresses } = region.state;
  const give = (type: string, { tags }: { readonly tags: Tags }, more: Facts = {}): Resource => ({
    type,
    arn: arnOf(region, type, id),
    facts: {
      ...tagFacts('aws:ResourceTag/', tags),
      ...tagFacts('ec2:ResourceTag/', tags),
      ...more,
    },
  });
  const subnetArn = (subnetId: string) => [arnOf(region, 'subnet', subnetId)];
  const card = Object.values(instances).find(({ eniId }) => eniId === id);
  if (card) {
    const facts = { 'ec2:Subnet': subnetArn(card.subnetId) };
    return give('network-interface', { tags: card.eniTags }, facts);
  }
  const owner = (isForeign: boolean) => ({
    'ec2:Owner': [isForeign ? 'amazon' : region.state.owner],
    'ec2:Public': [String(isForeign)],
  });
  const [instance, image, snapshot] = [instances[id], images[id], snapshots[id]];
  if (instance) {
    const { instanceType, profileArn } = instance;
    const profile: Facts = profileArn === undefined ? {} : { 'ec2:InstanceProfile': [profileArn] };
    return give('instance', instance, { 'ec2:InstanceType': [instanceType], ...profile });
  }
  if (image) return give('image', image, owner(image.foreign));
  if (snapshot) return give('snapshot', snapshot, owner(false));
  const foreign = Object.values(images).some((one) => snapshotsOf(one).includes(id));
  if (foreign) return give('snapshot', { tags: {} }, owner(true));
  const others = { volume: volumes[id], subnet: subnets[id], 'security-group': groups[id] };
  const [type, other] = Object.entries(others).find(([, one]) => one !== undefined) ?? [];
  if (type !== undefined && other !== undefined) return give(type, other);
  const address = addresses[id];
  return address && give('elastic-ip', address);
}
