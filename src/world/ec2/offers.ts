/** What EC2 offers: the types of each zone, and the room in subnets. It is asked before a launch. */
import { DescribeSubnetsCommand, paginateDescribeInstanceTypeOfferings } from '@aws-sdk/client-ec2';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { call, isNotFound } from './errors';
import { toSubnet } from './shapes';
import type { Subnet } from './shapes';

/** The part of EC2 that tells what could be launched. */
export interface Ec2Offers {
  /** The zones of the region in which there are machines of the type; none for one that is unknown. */
  zonesWith(instanceType: string, signal?: AbortSignal): Promise<string[]>;
  /** The subnet; undefined for one that is not there. */
  subnet(id: string, signal?: AbortSignal): Promise<Subnet | undefined>;
}

/** Makes that part for one region. */
export function offers(client: EC2Client, region: string): Ec2Offers {
  return {
    zonesWith: (instanceType, signal) =>
      call(
        { action: 'DescribeInstanceTypeOfferings', region },
        async () => {
          const zones: string[] = [];
          const pages = paginateDescribeInstanceTypeOfferings(
            { client },
            {
              LocationType: 'availability-zone',
              Filters: [{ Name: 'instance-type', Values: [instanceType] }],
            },
            { abortSignal: signal },
          );
          for await (const { InstanceTypeOfferings = [] } of pages) {
            zones.push(...InstanceTypeOfferings.map(({ Location = '' }) => Location));
          }
          return zones.sort();
        },
        signal,
      ),
    subnet: (id, signal) =>
      call(
        { action: 'DescribeSubnets', region },
        async () => {
          const command = new DescribeSubnetsCommand({ SubnetIds: [id] });
          const { Subnets: [found] = [] } = await client
            .send(command, { abortSignal: signal })
            .catch((error: unknown) => {
              if (isNotFound(error)) return { Subnets: [] };
              throw error;
            });
          return found && toSubnet(found);
        },
        signal,
      ),
  };
}
