/** How instances live and die: what a state change does to the machine and its addresses. */
import { rmSync } from 'node:fs';
import { ApiError } from './api-error';
import { keepDisks } from '../machine/disks';
import type { MachinePlace } from '../shapes';
import type { Due, Image, Instance, Subnet } from './model';
import type { Region } from './region';
import { isNitro } from './type-catalogue';

/** Finds a free private address, or takes the one that was asked for if it is free. */
export function takePrivateAddress(region: Region, subnet: Subnet, wanted?: string): string {
  const used = new Set(
    Object.values(region.state.instances)
      .filter(({ state }) => state !== 'terminated')
      .map(({ privateAddress }) => privateAddress),
  );
  if (wanted !== undefined) {
    const host = Number(wanted.slice(subnet.network.length + 1));
    if (!wanted.startsWith(`${subnet.network}.`) || !(host >= 4 && host <= 254)) {
      throw new ApiError(
        'InvalidParameterValue',
        `Address ${wanted} does not fall within the subnet's address range`,
      );
    }
    if (used.has(wanted)) {
      throw new ApiError('InvalidIPAddress.InUse', `Address ${wanted} is in use.`);
    }
    return wanted;
  }
  // AWS keeps the first four addresses of a subnet and the last for itself.
  for (let tried = 0; tried < 251; tried += 1) {
    const candidate = `${subnet.network}.${String(subnet.nextHost)}`;
    subnet.nextHost = subnet.nextHost >= 254 ? 4 : subnet.nextHost + 1;
    if (!used.has(candidate)) {
      return candidate;
    }
  }
  throw new ApiError(
    'InsufficientFreeAddressesInSubnet',
    `The specified subnet ${subnet.id} does not have enough free addresses.`,
  );
}

/** A public address that nobody has: those of a network kept for documentation (RFC 5737). */
export function takePublicAddress(region: Region): string {
  const { state } = region;
  const used = new Set([
    ...Object.values(state.addresses).map(({ address }) => address),
    ...Object.values(state.instances).map(({ autoAddress }) => autoAddress),
  ]);
  for (let tried = 0; tried < 254; tried += 1) {
    const candidate = `${state.publicNetwork}.${String(state.nextPublicHost)}`;
    state.nextPublicHost = state.nextPublicHost >= 254 ? 1 : state.nextPublicHost + 1;
    if (!used.has(candidate)) {
      return candidate;
    }
  }
  throw new ApiError('AddressLimitExceeded', 'The maximum number of addresses has been reached.');
}

/** Where a machine lives, and what EC2 holds for it. */
function placeOf(region: Region, instance: Instance): MachinePlace {
  return {
    instanceId: instance.id,
    folder: region.machineFolder(instance.id),
    privateAddress: instance.privateAddress,
    publicAddress: region.publicAddressOf(instance),
    surroundings: region.parts.surroundings,
    keeper: {
      userData: () =>
        instance.userData === undefined
          ? undefined
          : Buffer.from(instance.userData, 'base64').toString('utf8'),
      isIsolated: () => region.isIsolated(instance),
      isNvme: () => isNitro(instance.instanceType),
      volumeAt: (device) =>
        Object.values(region.state.volumes).find(
          (one) => one.instanceId === instance.id && one.device === device,
        )?.id,
      hasShutDown: () => {
        endByItself(region, instance);
      },
    },
  };
}

/** The machine has switched itself off: EC2 stops or terminates it, protected or not. */
function endByItself(region: Region, instance: Instance): void {
  if (instance.state !== 'running') {
    return;
  }
  if (instance.shutdownBehavior === 'terminate') {
    terminateInstance(region, instance);
  } else {
    stopInstance(region, instance);
  }
  instance.stateReason = {
    code: 'Client.InstanceInitiatedShutdown',
    message: 'Client.InstanceInitiatedShutdown: Instance initiated shutdown',
  };
  region.save();
}

/** Makes the machine behind a new instance: a clone of the image's files, or a fresh one. */
export function makeMachine(region: Region, instance: Instance, image: Image): void {
  const { factory, profile } = region.parts;
  const place = placeOf(region, instance);
  const machine = image.foreign
    ? factory.install(place, profile)
    : factory.fromImage(place, region.imageFolder(image.id));
  if (!image.foreign)
    keepDisks(
      place.folder,
      image.more.map(({ device }) => device),
    );
  region.machines.set(instance.id, machine);
}

/** Opens the machines of the instances again after the lab was stopped. */
export function reopenMachines(region: Region, instances: readonly Instance[]): void {
  for (const instance of instances) {
    if (instance.state !== 'terminated') {
      const machine = region.parts.factory.reopen(placeOf(region, instance));
      region.machines.set(instance.id, machine);
    }
  }
}

/** Begins to stop a running instance. */
export function stopInstance(region: Region, instance: Instance): void {
  if (instance.state === 'running') {
    instance.state = 'stopping';
    instance.stateReason = userInitiated;
    region.machines.get(instance.id)?.powerOff();
    region.schedule(region.timings.stop, 'stop', instance.id);
  }
}

/** Begins to start a stopped instance; it keeps its private address and gets a new public one. */
export function startInstance(region: Region, instance: Instance): void {
  if (instance.state === 'stopped') {
    instance.state = 'pending';
    instance.stateReason = undefined;
    instance.launchedAt = region.now();
    if (instance.autoAddressed && region.publicAddressOf(instance) === undefined) {
      instance.autoAddress = takePublicAddress(region);
    }
    region.announceAddress(instance);
    region.schedule(region.timings.run, 'run', instance.id);
  }
}

/** Reboots a running instance: its addresses stay. */
export function rebootInstance(region: Region, instance: Instance): void {
  if (instance.state === 'running') {
    region.machines.get(instance.id)?.powerOff();
    region.schedule(region.timings.reboot, 'boot', instance.id);
  }
}

/** Begins to terminate an instance. */
export function terminateInstance(region: Region, instance: Instance): void {
  if (instance.state !== 'terminated' && instance.state !== 'shutting-down') {
    instance.state = 'shutting-down';
    instance.stateReason = userInitiated;
    region.callOff(instance.id);
    region.machines.get(instance.id)?.powerOff();
    region.schedule(region.timings.terminate, 'terminate', instance.id);
  }
}

/** The end of an instance, now: its disk is deleted, its addresses are free. */
export function endInstance(region: Region, instance: Instance): void {
  const { state, machines } = region;
  region.callOff(instance.id);
  machines.get(instance.id)?.powerOff();
  machines.delete(instance.id);
  rmSync(region.machineFolder(instance.id), { recursive: true, force: true });
  instance.state = 'terminated';
  instance.stateReason ??= userInitiated;
  instance.terminatedAt = region.now();
  instance.runningSince = undefined;
  instance.autoAddress = undefined;
  for (const address of Object.values(state.addresses)) {
    if (address.instanceId === instance.id) {
      address.instanceId = undefined;
      address.associationId = undefined;
    }
  }
  state.volumes = Object.fromEntries(
    Object.entries(state.volumes).filter(
      ([, volume]) => volume.instanceId !== instance.id || !volume.deleteOnTermination,
    ),
  );
}

/** Does what was scheduled. */
export function perform(region: Region, { what, id }: Due): void {
  if (what === 'finish-image') {
    finishImage(region, id);
    return;
  }
  const instance = region.state.instances[id];
  if (instance === undefined) {
    return;
  }
  const deeds = {
    run: () => {
      arrive(region, instance);
    },
    boot: () => {
      if (instance.state === 'running') {
        region.machines.get(id)?.boot();
      }
    },
    stop: () => {
      instance.state = 'stopped';
      instance.runningSince = undefined;
      instance.autoAddress = undefined;
      region.announceAddress(instance);
    },
    terminate: () => {
      endInstance(region, instance);
    },
    'give-address': () => {
      if (instance.state === 'running' && region.publicAddressOf(instance) === undefined) {
        instance.autoAddress = takePublicAddress(region);
        region.announceAddress(instance);
      }
    },
  };
  deeds[what]();
}

const userInitiated = {
  code: 'Client.UserInitiatedShutdown',
  message: 'Client.UserInitiatedShutdown: User initiated shutdown',
};

function arrive(region: Region, instance: Instance): void {
  if (instance.fate !== undefined) {
    instance.stateReason = instance.fate;
    endInstance(region, instance);
    return;
  }
  instance.state = 'running';
  instance.runningSince = region.now();
  region.machines.get(instance.id)?.boot();
}

function finishImage(region: Region, id: string): void {
  const image = region.state.images[id];
  if (image?.state !== 'pending') {
    return;
  }
  image.state = image.fate === undefined ? 'available' : 'failed';
  image.stateReason = image.fate;
  for (const { snapshotId } of [image, ...image.more]) {
    const snapshot = region.state.snapshots[snapshotId];
    if (snapshot !== undefined && image.fate !== undefined) {
      snapshot.failed = true;
    }
  }
}
