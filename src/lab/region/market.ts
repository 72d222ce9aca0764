/**
 * What EC2 offers: which types go with which image, in which zones there are any, and where a
 * subnet has an address left. Codes and texts as public reports have them; where boot modes do not
 * fit, the code is a guess.
 */
import { ApiError, invalidValue } from './api-error';
import type { Action } from './call';
import { applyFilters, page } from './filters';
import type { Image, Subnet } from './model';
import type { Region } from './region';
import { knownTypes, type InstanceType } from './type-catalogue';

function typeNamed(name: string): InstanceType {
  const type = knownTypes.find((one) => one.name === name);
  if (type === undefined) throw invalidValue(`Invalid value '${name}' for InstanceType.`);
  return type;
}

/** Refuses a type that the image's system does not run on. */
export function demandFit(name: string, image: Image): void {
  const type = typeNamed(name);
  if (type.architecture !== 'x86_64') {
    throw invalidValue(
      `The architecture '${type.architecture}' of the specified instance type does not match the ` +
        "architecture 'x86_64' of the specified AMI. Specify an instance type and an AMI that have " +
        'matching architectures, and try again.',
    );
  }
  if (image.isWithoutEna && type.hypervisor === 'nitro') {
    throw new ApiError(
      'InvalidParameterCombination',
      `Enhanced networking with the Elastic Network Adapter (ENA) is required for the '${name}' ` +
        'instance type. Ensure that you are using an AMI that is enabled for ENA.',
    );
  }
  if (image.bootMode === 'uefi' && type.hypervisor === 'xen') {
    throw new ApiError(
      'InvalidParameterCombination',
      `The instance type '${name}' does not support the boot mode 'uefi' of the specified AMI.`,
    );
  }
}

function zonesOf({ state }: Region): string[] {
  return [...new Set(Object.values(state.subnets).map(({ zone }) => zone))].sort();
}

/** Where the type can be had at all: not a matter of how many are free. */
function offeredIn(region: Region, name: string): string[] {
  const { retired } = region.state.market;
  return zonesOf(region).filter(
    (zone) => !retired.includes(name) && !retired.includes(`${name} ${zone}`),
  );
}

/** Refuses a type that is not offered in the subnet's zone, or nowhere any more. */
export function demandOffer(region: Region, name: string, { zone }: Subnet): void {
  const zones = offeredIn(region, name);
  if (zones.includes(zone)) return;
  throw new ApiError(
    'Unsupported',
    zones.length === 0
      ? 'The requested configuration is currently not supported. Please check the documentation ' +
          'for supported configurations.'
      : `Your requested instance type (${name}) is not supported in your requested Availability ` +
          `Zone (${zone}). Please retry your request by not specifying an Availability Zone or ` +
          `choosing ${zones.join(', ')}.`,
  );
}

/** Refuses when none is free there now: no dry run tells of that. */
export function demandRoom({ state }: Region, name: string, { id, zone }: Subnet): void {
  const { soldOut, full } = state.market;
  if (full.includes(id)) {
    throw new ApiError(
      'InsufficientFreeAddressesInSubnet',
      `There are not enough free addresses in subnet '${id}' to satisfy the requested number of ` +
        'instances.',
    );
  }
  if (soldOut.includes(name) || soldOut.includes(`${name} ${zone}`)) {
    throw new ApiError(
      'InsufficientInstanceCapacity',
      `We currently do not have sufficient ${name} capacity in the Availability Zone you requested ` +
        `(${zone}). Our system will be working on provisioning additional capacity.`,
      500,
    );
  }
}

/** DescribeInstanceTypeOfferings: a type that is not offered is no error, it is left out. */
export const describeInstanceTypeOfferings: Action = ({ query, region }) => {
  const locationType = query.text('LocationType') ?? 'region';
  const all = knownTypes.flatMap(({ name }) => {
    const zones = offeredIn(region, name);
    const places = locationType === 'availability-zone' ? zones : zones.slice(0, 1);
    return places.map((zone) => ({
      instanceType: name,
      locationType,
      location: locationType === 'region' ? region.name : zone,
      tags: {},
    }));
  });
  const found = applyFilters(all, query.filters(), {
    'instance-type': ({ instanceType }) => [instanceType],
    location: ({ location }) => [location],
  });
  const { items, nextToken } = page(found, query, 5);
  return {
    instanceTypeOfferingSet: items.map(({ tags: _, ...offer }) => offer),
    nextToken,
  };
};
