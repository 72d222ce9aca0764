/** The calls that change a machine that stands: only copies that this tool has launched. */
import {
  ModifyInstanceAttributeCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { call, isNotFound } from './errors';
import { deletedWithIt } from './requests';

/** The part of EC2 that stops, starts, moves and ends machines. Each call may be repeated. */
export interface Ec2Machines {
  /** Begins to end the machine; one that is gone already is no error. */
  terminateInstance(id: string, signal?: AbortSignal): Promise<void>;
  stopInstance(id: string, signal?: AbortSignal): Promise<void>;
  startInstance(id: string, signal?: AbortSignal): Promise<void>;
  /** Lets the volumes of these devices be deleted with the machine. */
  endVolumesWith(id: string, devices: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Puts the machine into exactly these security groups, from its next packet on. */
  changeSecurityGroups(id: string, groups: readonly string[], signal?: AbortSignal): Promise<void>;
}

/** Makes that part for one region. */
export function machineCalls(client: EC2Client, region: string): Ec2Machines {
  const send = (action: string, work: () => Promise<unknown>, signal?: AbortSignal) =>
    call(
      { action, region, aboutNewObjects: action !== 'TerminateInstances' },
      async () => {
        await work();
      },
      signal,
    );
  return {
    terminateInstance: (id, abortSignal) =>
      send(
        'TerminateInstances',
        () =>
          client
            .send(new TerminateInstancesCommand({ InstanceIds: [id] }), { abortSignal })
            .catch(unlessGone),
        abortSignal,
      ),
    stopInstance: (id, abortSignal) =>
      send(
        'StopInstances',
        () => client.send(new StopInstancesCommand({ InstanceIds: [id] }), { abortSignal }),
        abortSignal,
      ),
    startInstance: (id, abortSignal) =>
      send(
        'StartInstances',
        () => client.send(new StartInstancesCommand({ InstanceIds: [id] }), { abortSignal }),
        abortSignal,
      ),
    endVolumesWith: (id, devices, abortSignal) =>
      send(
        'ModifyInstanceAttribute',
        () => {
          const command = new ModifyInstanceAttributeCommand({
            InstanceId: id,
            BlockDeviceMappings: deletedWithIt(devices),
          });
          return client.send(command, { abortSignal });
        },
        abortSignal,
      ),
    changeSecurityGroups: (id, groups, abortSignal) =>
      send(
        'ModifyInstanceAttribute',
        () => {
          const command = new ModifyInstanceAttributeCommand({
            InstanceId: id,
            Groups: [...groups],
          });
          return client.send(command, { abortSignal });
        },
        abortSignal,
      ),
  };
}

function unlessGone(error: unknown): void {
  if (!isNotFound(error)) throw error;
}
