/** Volumes, subnets, security groups and regions: what a launch refers to. */
import { select, type Action } from './call';
import { applyFilters, page } from './filters';
import { quarantineGroupName } from './model';
import { tagSet } from './tagging';

/** DescribeVolumes. */
export const describeVolumes: Action = ({ query, region }) => {
  const volumes = select(Object.values(region.state.volumes), query.list('VolumeId'), 'vol');
  const left = applyFilters(volumes, query.filters(), {
    'volume-id': ({ id }) => [id],
    'attachment.instance-id': ({ instanceId }) => [instanceId],
    'snapshot-id': ({ snapshotId }) => [snapshotId],
    'volume-type': ({ type }) => [type],
    status: () => ['in-use'],
  });
  const { items, nextToken } = page(left, query, 5);
  return {
    volumeSet: items.map((volume) => {
      const instance = region.state.instances[volume.instanceId];
      const attached = instance !== undefined && instance.state !== 'terminated';
      return {
        volumeId: volume.id,
        size: volume.size,
        snapshotId: volume.snapshotId,
        availabilityZone: region.state.subnets[instance?.subnetId ?? '']?.zone,
        status: attached ? 'in-use' : 'available',
        createTime: new Date(volume.createdAt),
        volumeType: volume.type,
        encrypted: false,
        attachmentSet: attached
          ? [
              {
                volumeId: volume.id,
                instanceId: volume.instanceId,
                device: volume.device,
                status: 'attached',
                attachTime: new Date(volume.createdAt),
                deleteOnTermination: volume.deleteOnTermination,
              },
            ]
          : [],
        tagSet: tagSet(volume.tags),
      };
    }),
    nextToken,
  };
};

/** DescribeSubnets. */
export const describeSubnets: Action = ({ query, region }) => {
  const subnets = select(Object.values(region.state.subnets), query.list('SubnetId'), 'subnet');
  const left = applyFilters(subnets, query.filters(), {
    'subnet-id': ({ id }) => [id],
    'vpc-id': ({ vpcId }) => [vpcId],
    'availability-zone': ({ zone }) => [zone],
    'cidr-block': ({ network }) => [`${network}.0/24`],
    state: () => ['available'],
  });
  const { items, nextToken } = page(left, query, 5);
  const living = Object.values(region.state.instances).filter(
    ({ state }) => state !== 'terminated',
  );
  return {
    subnetSet: items.map(({ id, vpcId, zone, network, autoAddresses, tags }) => ({
      subnetId: id,
      subnetArn: `arn:aws:ec2:${region.name}:${region.state.owner}:subnet/${id}`,
      state: 'available',
      vpcId,
      cidrBlock: `${network}.0/24`,
      availableIpAddressCount: 251 - living.filter(({ subnetId }) => subnetId === id).length,
      availabilityZone: zone,
      defaultForAz: false,
      mapPublicIpOnLaunch: autoAddresses,
      ownerId: region.state.owner,
      tagSet: tagSet(tags),
    })),
    nextToken,
  };
};

/** DescribeSecurityGroups. */
export const describeSecurityGroups: Action = ({ query, region }) => {
  const names = query.list('GroupName');
  const groups = select(Object.values(region.state.groups), query.list('GroupId'), 'sg');
  const left = applyFilters(
    groups.filter(({ name }) => names.length === 0 || names.includes(name)),
    query.filters(),
    {
      'group-id': ({ id }) => [id],
      'group-name': ({ name }) => [name],
      'vpc-id': ({ vpcId }) => [vpcId],
    },
  );
  const { items, nextToken } = page(left, query, 5);
  return {
    securityGroupInfo: items.map(({ id, name, vpcId, tags }) => ({
      ownerId: region.state.owner,
      groupId: id,
      groupName: name,
      groupDescription: name,
      vpcId,
      ipPermissions: [],
      // What EC2 gives to a new group; the one of the quarantine was made without.
      ipPermissionsEgress:
        name === quarantineGroupName
          ? []
          : [{ ipProtocol: '-1', ipRanges: [{ cidrIp: '0.0.0.0/0' }] }],
      tagSet: tagSet(tags),
    })),
    nextToken,
  };
};

/** DescribeRegions: the one there is. */
export const describeRegions: Action = ({ region }) => ({
  regionInfo: [
    {
      regionName: region.name,
      regionEndpoint: `ec2.${region.name}.amazonaws.com`,
      optInStatus: 'opt-in-not-required',
    },
  ],
});
