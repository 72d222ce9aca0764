/** DescribeInstanceTypes, for a handful of types with the figures that AWS publishes of them. */
import { ApiError } from './api-error';
import type { Action, Reply } from './call';
import { applyFilters, page } from './filters';

/** One type, with what a launch and a reader of it must know. */
export interface InstanceType {
  readonly name: string;
  readonly vCpus: number;
  readonly memoryMiB: number;
  readonly clockGhz: number;
  readonly isCurrent: boolean;
  readonly hypervisor: 'nitro' | 'xen';
  readonly architecture: 'x86_64' | 'arm64';
  readonly tags: Record<string, string>;
}

/** One line a type: vCPU, memory in MiB, clock in GHz. */
function family(
  facts: Pick<InstanceType, 'isCurrent' | 'hypervisor' | 'architecture' | 'clockGhz'>,
  sizes: Readonly<Record<string, readonly [vCpus: number, memoryMiB: number]>>,
): InstanceType[] {
  return Object.entries(sizes).map(([name, [vCpus, memoryMiB]]) => ({
    ...facts,
    name,
    vCpus,
    memoryMiB,
    tags: {},
  }));
}

const xen = { isCurrent: true, hypervisor: 'xen', architecture: 'x86_64' } as const;
const nitro = { isCurrent: true, hypervisor: 'nitro', architecture: 'x86_64' } as const;

/** The types of the lab; EC2 has hundreds. */
export const knownTypes: readonly InstanceType[] = [
  ...family({ ...xen, isCurrent: false, clockGhz: 2 }, { 'm1.small': [1, 1740] }),
  ...family(
    { ...xen, isCurrent: false, clockGhz: 2.5 },
    { 'm3.xlarge': [4, 15_360], 'm3.2xlarge': [8, 30_720] },
  ),
  ...family(
    { ...xen, clockGhz: 2.3 },
    { 't2.medium': [2, 4096], 't2.large': [2, 8192], 't2.xlarge': [4, 16_384] },
  ),
  ...family(
    { ...xen, clockGhz: 2.4 },
    { 'm4.xlarge': [4, 16_384], 'm4.2xlarge': [8, 32_768], 'm4.4xlarge': [16, 65_536] },
  ),
  ...family({ ...xen, isCurrent: false, clockGhz: 2.5 }, { 'r3.2xlarge': [8, 62_464] }),
  ...family({ ...xen, clockGhz: 2.9 }, { 'c4.2xlarge': [8, 15_360] }),
  ...family(
    { ...nitro, clockGhz: 3.1 },
    {
      'm5.xlarge': [4, 16_384],
      'm5.2xlarge': [8, 32_768],
      'm5.4xlarge': [16, 65_536],
      'r5.2xlarge': [8, 65_536],
    },
  ),
  ...family({ ...nitro, clockGhz: 3.4 }, { 'c5.2xlarge': [8, 16_384] }),
  ...family(
    { ...nitro, clockGhz: 2.5 },
    { 't3.large': [2, 8192], 't3.xlarge': [4, 16_384], 'm5a.2xlarge': [8, 32_768] },
  ),
  ...family(
    { ...nitro, clockGhz: 3.5 },
    {
      'm6i.xlarge': [4, 16_384],
      'm6i.2xlarge': [8, 32_768],
      'm6i.4xlarge': [16, 65_536],
      'r6i.2xlarge': [8, 65_536],
      'c6i.2xlarge': [8, 16_384],
    },
  ),
  ...family(
    { ...nitro, architecture: 'arm64', clockGhz: 2.5 },
    { 'm6g.xlarge': [4, 16_384], 'm6g.2xlarge': [8, 32_768] },
  ),
];

/** Whether volumes show as NVMe devices on the type. */
export function isNitro(instanceType: string): boolean {
  return knownTypes.find(({ name }) => name === instanceType)?.hypervisor === 'nitro';
}

/** Types are asked for by name, all of them or none. */
export const describeInstanceTypes: Action = ({ query }) => {
  const names = query.list('InstanceType');
  const absent = names.filter((name) => !knownTypes.some((type) => type.name === name));
  if (absent.length > 0) {
    throw new ApiError(
      'InvalidInstanceType',
      `The following supplied instance types do not exist: [${absent.join(', ')}]`,
    );
  }
  const named = knownTypes.filter(({ name }) => names.length === 0 || names.includes(name));
  const found = applyFilters(named, query.filters(), {
    'instance-type': ({ name }) => [name],
    'current-generation': ({ isCurrent }) => [String(isCurrent)],
    'memory-info.size-in-mib': ({ memoryMiB }) => [String(memoryMiB)],
    'processor-info.supported-architecture': ({ architecture }) => [architecture],
    'vcpu-info.default-vcpus': ({ vCpus }) => [String(vCpus)],
  });
  const { items, nextToken } = page(found, query, 5);
  return { instanceTypeSet: items.map(typeXml), nextToken };
};

function typeXml(type: InstanceType): Reply {
  const threads = type.architecture === 'arm64' ? 1 : 2;
  return {
    instanceType: type.name,
    currentGeneration: type.isCurrent,
    freeTierEligible: false,
    supportedUsageClasses: ['on-demand', 'spot'],
    supportedRootDeviceTypes: ['ebs'],
    supportedVirtualizationTypes: ['hvm'],
    bareMetal: false,
    hypervisor: type.hypervisor,
    supportedBootModes: type.hypervisor === 'nitro' ? ['legacy-bios', 'uefi'] : ['legacy-bios'],
    networkInfo: { enaSupport: type.hypervisor === 'nitro' ? 'required' : 'unsupported' },
    ebsInfo: { nvmeSupport: type.hypervisor === 'nitro' ? 'required' : 'unsupported' },
    processorInfo: {
      supportedArchitectures: [type.architecture],
      sustainedClockSpeedInGhz: type.clockGhz,
    },
    vCpuInfo: {
      defaultVCpus: type.vCpus,
      defaultCores: type.vCpus / threads,
      defaultThreadsPerCore: threads,
    },
    memoryInfo: { sizeInMiB: type.memoryMiB },
    instanceStorageSupported: type.name.startsWith('r3.'),
  };
}
