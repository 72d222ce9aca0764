/** Instances as EC2 shows them. */
import { instanceStates, type Instance } from './model';
import type { Region } from './region';
import { tagSet } from './tagging';
import type { Reply } from './call';

/** A state with its number. */
export function stateXml(state: Instance['state']): Reply {
  return { code: instanceStates[state], name: state };
}

/** Groups of an instance, with their names. */
export function groupSet(region: Region, groupIds: readonly string[]): Reply[] {
  return groupIds.map((groupId) => ({
    groupId,
    groupName: region.state.groups[groupId]?.name ?? '',
  }));
}

/** An instance inside a reservation. */
function instanceXml(region: Region, instance: Instance): Reply {
  const { state } = region;
  const ended = instance.state === 'terminated';
  const subnet = state.subnets[instance.subnetId];
  const publicAddress = ended ? undefined : region.publicAddressOf(instance);
  const dashed = instance.privateAddress.replaceAll('.', '-');
  return {
    instanceId: instance.id,
    imageId: instance.imageId,
    instanceState: stateXml(instance.state),
    privateDnsName: ended ? '' : `ip-${dashed}.ec2.internal`,
    dnsName:
      publicAddress === undefined
        ? ''
        : `ec2-${publicAddress.replaceAll('.', '-')}.compute-1.amazonaws.com`,
    reason: instance.stateReason === undefined ? '' : 'User initiated',
    keyName: instance.keyName,
    amiLaunchIndex: 0,
    instanceType: instance.instanceType,
    launchTime: new Date(instance.launchedAt),
    placement: { availabilityZone: subnet?.zone, tenancy: 'default' },
    monitoring: { state: 'disabled' },
    ...(ended ? {} : network(region, instance, publicAddress)),
    stateReason: instance.stateReason,
    architecture: 'x86_64',
    rootDeviceType: 'ebs',
    rootDeviceName: '/dev/sda1',
    blockDeviceMapping: volumes(region, instance),
    virtualizationType: 'hvm',
    clientToken: instance.clientToken,
    tagSet: tagSet(instance.tags),
    hypervisor: 'xen',
    iamInstanceProfile:
      instance.profileArn === undefined
        ? undefined
        : { arn: instance.profileArn, id: 'AIPALAB0000000000000' },
    ebsOptimized: false,
    metadataOptions: {
      state: 'applied',
      httpTokens: instance.httpTokens,
      httpPutResponseHopLimit: instance.hopLimit,
      httpEndpoint: 'enabled',
    },
  };
}

function network(region: Region, instance: Instance, publicAddress: string | undefined): Reply {
  const vpcId = region.state.subnets[instance.subnetId]?.vpcId;
  const groups = groupSet(region, instance.groupIds);
  const elastic = Object.values(region.state.addresses).some(
    ({ instanceId }) => instanceId === instance.id,
  );
  const association =
    publicAddress === undefined
      ? undefined
      : { ipOwnerId: elastic ? region.state.owner : 'amazon', publicIp: publicAddress };
  return {
    subnetId: instance.subnetId,
    vpcId,
    privateIpAddress: instance.privateAddress,
    ipAddress: publicAddress,
    sourceDestCheck: true,
    groupSet: groups,
    networkInterfaceSet: [
      {
        networkInterfaceId: instance.eniId,
        subnetId: instance.subnetId,
        vpcId,
        status: 'in-use',
        privateIpAddress: instance.privateAddress,
        groupSet: groups,
        attachment: {
          deviceIndex: 0,
          status: 'attached',
          attachTime: new Date(instance.createdAt),
          deleteOnTermination: true,
        },
        association,
        privateIpAddressesSet: [
          { privateIpAddress: instance.privateAddress, primary: true, association },
        ],
      },
    ],
  };
}

function volumes(region: Region, instance: Instance): Reply[] {
  if (instance.state === 'terminated') {
    return [];
  }
  return Object.values(region.state.volumes)
    .filter(({ instanceId }) => instanceId === instance.id)
    .map((volume) => ({
      deviceName: volume.device,
      ebs: {
        volumeId: volume.id,
        status: 'attached',
        attachTime: new Date(volume.createdAt),
        deleteOnTermination: volume.deleteOnTermination,
      },
    }));
}

/** A reservation; the lab's hold one instance each. */
export function reservationXml(region: Region, instance: Instance): Reply {
  return {
    reservationId: instance.reservationId,
    ownerId: region.state.owner,
    groupSet: [],
    instancesSet: [instanceXml(region, instance)],
  };
}

/** The status checks of an instance, as far as the time since its start lets them be. */
export function statusXml(region: Region, instance: Instance): Reply {
  const ok =
    instance.runningSince !== undefined &&
    region.now() >= instance.runningSince + region.timings.statusOk * 1000;
  const running = instance.state === 'running';
  const summaryOf = (isPassed: string, isOk: string): Reply => ({
    status: running ? (ok ? isOk : 'initializing') : 'not-applicable',
    details: running ? [{ name: 'reachability', status: ok ? isPassed : 'initializing' }] : [],
  });
  const summary = summaryOf('passed', 'ok');
  // A boot that stopped half-way never came to its network.
  const isStuck = region.machines.get(instance.id)?.isStuck === true;
  return {
    instanceId: instance.id,
    availabilityZone: region.state.subnets[instance.subnetId]?.zone,
    instanceState: stateXml(instance.state),
    systemStatus: summary,
    instanceStatus: isStuck ? summaryOf('failed', 'impaired') : summary,
    attachedEbsStatus: summary,
  };
}
