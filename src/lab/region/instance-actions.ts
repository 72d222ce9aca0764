/** The actions on instances, launching aside. */
import { ApiError, checkId, invalidValue, notFound } from './api-error';
import { select, type Action, type Call } from './call';
import { applyFilters, page, type FilterFields } from './filters';
import { groupSet, reservationXml, stateXml, statusXml } from './instance-views';
import { shutdownBehavior } from './launch';
import { endsWithMachine } from './launch-disks';
import { rebootInstance, startInstance, stopInstance, terminateInstance } from './lifecycle';
import type { Instance } from './model';

function filterFields({ region }: Call): FilterFields<Instance> {
  const given = (value: string | undefined) => (value === undefined ? [] : [value]);
  return {
    'instance-id': ({ id }) => [id],
    'image-id': ({ imageId }) => [imageId],
    'instance-state-name': ({ state }) => [state],
    'instance-type': ({ instanceType }) => [instanceType],
    'private-ip-address': ({ privateAddress, state }) =>
      state === 'terminated' ? [] : [privateAddress],
    'ip-address': (instance) => given(region.publicAddressOf(instance)),
    'subnet-id': ({ subnetId }) => [subnetId],
    'vpc-id': ({ subnetId }) => given(region.state.subnets[subnetId]?.vpcId),
    'availability-zone': ({ subnetId }) => given(region.state.subnets[subnetId]?.zone),
    'client-token': ({ clientToken }) => given(clientToken),
    'key-name': ({ keyName }) => given(keyName),
    'instance.group-id': ({ groupIds }) => groupIds,
    'iam-instance-profile.arn': ({ profileArn }) => given(profileArn),
  };
}

/** DescribeInstances. */
export const describeInstances: Action = (call) => {
  const ids = call.query.list('InstanceId');
  if (ids.length > 0 && call.query.text('MaxResults') !== undefined) {
    throw new ApiError(
      'InvalidParameterCombination',
      'The parameter instancesSet cannot be used with the parameter maxResults',
    );
  }
  const named = select(call.instances(), ids, 'i');
  const found = applyFilters(named, call.query.filters(), filterFields(call));
  const { items, nextToken } = page(found, call.query, 5);
  return {
    reservationSet: items.map((instance) => reservationXml(call.region, instance)),
    nextToken,
  };
};

/** DescribeInstanceStatus: running instances only, unless all are asked for. */
export const describeInstanceStatus: Action = (call) => {
  const all = call.query.flag('IncludeAllInstances') ?? false;
  const named = select(call.instances(), call.query.list('InstanceId'), 'i');
  const found = applyFilters(named, call.query.filters(), filterFields(call)).filter(
    ({ state }) => all || state === 'running',
  );
  const { items, nextToken } = page(found, call.query, 5);
  return {
    instanceStatusSet: items.map((instance) => statusXml(call.region, instance)),
    nextToken,
  };
};

/** DescribeInstanceAttribute: one attribute at a time, as AWS gives it. */
export const describeInstanceAttribute: Action = (call) => {
  const instance = call.instance(call.query.required('InstanceId'));
  const attribute = call.query.required('Attribute');
  const values = {
    disableApiTermination: { value: instance.terminationProtection },
    disableApiStop: { value: false },
    instanceType: { value: instance.instanceType },
    instanceInitiatedShutdownBehavior: { value: instance.shutdownBehavior ?? 'stop' },
    rootDeviceName: { value: '/dev/sda1' },
    sourceDestCheck: { value: true },
    groupSet: groupSet(call.region, instance.groupIds),
    userData: { value: instance.userData },
  };
  const value = Object.entries(values).find(([name]) => name === attribute)?.[1];
  if (value === undefined) {
    throw invalidValue(
      `Value (${attribute}) for parameter attribute is invalid. Unknown attribute.`,
    );
  }
  return { instanceId: instance.id, [attribute]: value };
};

/** ModifyInstanceAttribute: protection, shutdown behaviour, user data, groups and volumes. */
export const modifyInstanceAttribute: Action = (call) => {
  const { query, region } = call;
  const instance = call.instance(query.required('InstanceId'));
  const attribute = query.text('Attribute');
  const protection =
    query.flag('DisableApiTermination.Value') ??
    (attribute === 'disableApiTermination' ? query.flag('Value') : undefined);
  const behavior = shutdownBehavior(query.text('InstanceInitiatedShutdownBehavior.Value'));
  const userData =
    query.text('UserData.Value') ?? (attribute === 'userData' ? query.text('Value') : undefined);
  if (userData !== undefined && instance.state !== 'stopped') {
    throw new ApiError(
      'IncorrectInstanceState',
      `The instance '${instance.id}' is not in the 'stopped' state.`,
    );
  }
  const groups = query.list('GroupId');
  const mappings = query.groups('BlockDeviceMapping');
  const isAsked = [groups, mappings].some(({ length }) => length > 0);
  const isSet = [protection, behavior, userData].some((value) => value !== undefined);
  if (!isSet && !isAsked) {
    throw new ApiError('InvalidParameterCombination', 'No attributes specified.');
  }
  for (const id of groups) {
    checkId('sg', id);
    if (region.state.groups[id] === undefined) {
      throw notFound('sg', id);
    }
  }
  call.commit();
  instance.terminationProtection = protection ?? instance.terminationProtection;
  instance.shutdownBehavior = behavior ?? instance.shutdownBehavior;
  instance.userData = userData ?? instance.userData;
  instance.groupIds = groups.length > 0 ? groups : instance.groupIds;
  for (const volume of Object.values(region.state.volumes)) {
    if (volume.instanceId !== instance.id) {
      continue;
    }
    volume.deleteOnTermination =
      endsWithMachine(query, volume.device) ?? volume.deleteOnTermination;
  }
  return { return: true };
};

function changeStates(
  call: Call,
  change: (call: Call, instance: Instance) => void,
): ReturnType<Action> {
  const changes = call.namedInstances().map((instance) => ({ instance, before: instance.state }));
  call.commit();
  changes.forEach(({ instance }) => {
    change(call, instance);
  });
  return {
    instancesSet: changes.map(({ instance, before }) => ({
      instanceId: instance.id,
      currentState: stateXml(instance.state),
      previousState: stateXml(before),
    })),
  };
}

function refuseIn(instance: Instance, states: readonly Instance['state'][]): void {
  if (states.includes(instance.state)) {
    throw new ApiError(
      'IncorrectInstanceState',
      `The instance '${instance.id}' is not in a state from which it can be changed: it is ` +
        instance.state,
    );
  }
}

/** StopInstances; a stopped instance stays stopped. */
export const stopInstances: Action = (call) => {
  call.namedInstances().forEach((instance) => {
    refuseIn(instance, ['pending', 'shutting-down', 'terminated']);
  });
  return changeStates(call, ({ region }, instance) => {
    stopInstance(region, instance);
  });
};

/** StartInstances; a running instance keeps running. */
export const startInstances: Action = (call) => {
  call.namedInstances().forEach((instance) => {
    refuseIn(instance, ['stopping', 'shutting-down', 'terminated']);
  });
  return changeStates(call, ({ region }, instance) => {
    startInstance(region, instance);
  });
};

/** RebootInstances. */
export const rebootInstances: Action = (call) => {
  const instances = call.namedInstances();
  instances.forEach((instance) => {
    refuseIn(instance, ['pending', 'stopping', 'stopped', 'shutting-down', 'terminated']);
  });
  call.commit();
  instances.forEach((instance) => {
    rebootInstance(call.region, instance);
  });
  return { return: true };
};

/** TerminateInstances: one protected instance among several protects them all. */
export const terminateInstances: Action = (call) => {
  const held = call
    .namedInstances()
    .find(({ terminationProtection, state }) => terminationProtection && state !== 'terminated');
  if (held !== undefined) {
    throw new ApiError(
      'OperationNotPermitted',
      `The instance '${held.id}' may not be terminated. Modify its 'disableApiTermination' ` +
        'instance attribute and try again.',
    );
  }
  return changeStates(call, ({ region }, instance) => {
    terminateInstance(region, instance);
  });
};

/** GetConsoleOutput: empty until some time after the boot; at most the last 64 KiB. */
export const getConsoleOutput: Action = (call) => {
  const { region } = call;
  const { id, runningSince } = call.instance(call.query.required('InstanceId'));
  const shown =
    runningSince !== undefined && region.now() >= runningSince + region.timings.console * 1000;
  const printed = shown ? region.machines.get(id)?.consoleOutput : undefined;
  const output = Buffer.from(printed ?? '');
  return {
    instanceId: id,
    timestamp: new Date(region.now()),
    output: output.length === 0 ? undefined : output.subarray(-65536).toString('base64'),
  };
};
