/** Elastic IP addresses. */
import { ApiError, checkId, invalidValue, notFound } from './api-error';
import type { Action, Call } from './call';
import { applyFilters } from './filters';
import { newId } from './ids';
import { takePublicAddress } from './lifecycle';
import type { ElasticAddress, Instance } from './model';
import { addTags, tagSet } from './tagging';

function allocation(call: Call, id: string): ElasticAddress {
  checkId('eipalloc', id);
  const found = call.region.state.addresses[id];
  if (found === undefined) {
    throw notFound('eipalloc', id);
  }
  return found;
}

function detach(call: Call, address: ElasticAddress): void {
  const { region } = call;
  const holder = region.state.instances[address.instanceId ?? ''];
  if (address.associationId !== undefined) {
    region.state.spentAssociations.push(address.associationId);
  }
  address.instanceId = undefined;
  address.associationId = undefined;
  if (holder !== undefined) {
    region.announceAddress(holder);
    // "automatically assigned a new public IPv4 address within a few minutes" (EC2 user guide).
    if (holder.autoAddressed) {
      region.schedule(region.timings.giveAddress, 'give-address', holder.id);
    }
  }
}

/** AllocateAddress. */
export const allocateAddress: Action = (call) => {
  const { region, query } = call;
  const tags = addTags({}, query.tagSpecifications(['elastic-ip'])['elastic-ip'] ?? {});
  call.commit();
  const allocationId = newId('eipalloc');
  const address = takePublicAddress(region);
  region.state.addresses[allocationId] = { allocationId, address, tags };
  return { publicIp: address, allocationId, domain: 'vpc', networkBorderGroup: region.name };
};

/** ReleaseAddress. */
export const releaseAddress: Action = (call) => {
  const address = allocation(call, call.query.required('AllocationId'));
  if (address.instanceId !== undefined) {
    throw new ApiError(
      'InvalidIPAddress.InUse',
      `Address '${address.address}' is in use by ${address.instanceId}.`,
    );
  }
  call.commit();
  Reflect.deleteProperty(call.region.state.addresses, address.allocationId);
  return { return: true };
};

function refuseReassociation(address: ElasticAddress, other: ElasticAddress | undefined): void {
  if (other !== undefined) {
    throw new ApiError(
      'Resource.AlreadyAssociated',
      `The instance already has the Elastic IP address ${other.address}.`,
    );
  }
  if (address.instanceId !== undefined) {
    throw new ApiError(
      'Resource.AlreadyAssociated',
      `resource ${address.allocationId} is already associated with associate-id ` +
        (address.associationId ?? ''),
    );
  }
}

function reachable(call: Call): Instance {
  const id = call.query.text('InstanceId');
  if (id === undefined) {
    throw invalidValue('The lab associates addresses with instances: give InstanceId.');
  }
  const instance = call.instance(id);
  if (instance.state !== 'running' && instance.state !== 'stopped') {
    throw new ApiError(
      'InvalidInstanceID',
      `The ${instance.state} instance '${id}' is not in a valid state for this operation.`,
    );
  }
  return instance;
}

/** AssociateAddress: repeating it changes nothing; the assigned address is lost for good. */
export const associateAddress: Action = (call) => {
  const { query, region } = call;
  const address = allocation(call, query.required('AllocationId'));
  const instance = reachable(call);
  if (address.instanceId !== instance.id) {
    const other = Object.values(region.state.addresses).find(
      ({ instanceId }) => instanceId === instance.id,
    );
    if (query.flag('AllowReassociation') === false) {
      refuseReassociation(address, other);
    }
    call.commit();
    [address, other].forEach((moved) => {
      if (moved !== undefined) {
        detach(call, moved);
      }
    });
    address.instanceId = instance.id;
    address.associationId = newId('eipassoc');
    instance.autoAddress = undefined;
    region.announceAddress(instance);
  }
  call.commit();
  return { return: true, associationId: address.associationId };
};

/** DisassociateAddress: "idempotent", so to repeat it is no error. */
export const disassociateAddress: Action = (call) => {
  const { state } = call.region;
  const id = checkId('eipassoc', call.query.required('AssociationId'));
  const address = Object.values(state.addresses).find(({ associationId }) => associationId === id);
  if (address === undefined && !state.spentAssociations.includes(id)) {
    throw notFound('eipassoc', id);
  }
  call.commit();
  if (address !== undefined) {
    detach(call, address);
  }
  return { return: true };
};

/** DescribeAddresses. */
export const describeAddresses: Action = (call) => {
  const { query, region } = call;
  const ids = query.list('AllocationId');
  const named = ids.map((id) => allocation(call, id));
  const all = Object.values(region.state.addresses);
  const publicIps = query.list('PublicIp');
  const absent = publicIps.find((ip) => !all.some(({ address }) => address === ip));
  if (absent !== undefined) {
    throw new ApiError('InvalidAddress.NotFound', `Address '${absent}' not found.`);
  }
  const chosen = (ids.length > 0 ? named : all).filter(
    ({ address }) => publicIps.length === 0 || publicIps.includes(address),
  );
  const left = applyFilters(chosen, query.filters(), {
    'allocation-id': ({ allocationId }) => [allocationId],
    'association-id': ({ associationId }) => [associationId ?? ''],
    'instance-id': ({ instanceId }) => [instanceId ?? ''],
    'public-ip': ({ address }) => [address],
    domain: () => ['vpc'],
  });
  return {
    addressesSet: left.map((address) => {
      const holder = region.state.instances[address.instanceId ?? ''];
      return {
        publicIp: address.address,
        allocationId: address.allocationId,
        domain: 'vpc',
        instanceId: address.instanceId,
        associationId: address.associationId,
        networkInterfaceId: holder?.eniId,
        privateIpAddress: holder?.privateAddress,
        tagSet: tagSet(address.tags),
      };
    }),
  };
};
