/** Makes machines: installed ones, clones of an image, and those that the lab left on disk. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runAppliance } from '../appliance';
import type { MachineFactory, MachinePlace, MachineProfile } from '../shapes';
import { hostnameOf } from './core';
import { copyDisks } from './disks';
import { parseEnvironmentFile } from './environment-file';
import { environmentPath } from './environment-place';
import { makeHostKeys } from './host-keys';
import { layVolatileFolders, Machine } from './machine';
import { seedFiles, seedState } from './seed';
import { MachineState, poweredOff, type VolatileState } from './state';
import { copyRoot } from './tree';
import { unitNames, type UnitName } from './units';

/** The lab's way to its machines. */
export const machineFactory: MachineFactory = {
  /** A machine that has been running for a day, with its app up. */
  install(place, profile) {
    const root = join(place.folder, 'root');
    seedFiles(place, profile);
    makeHostKeys(root, hostnameOf(place.privateAddress), profile.provesBySha1);
    layVolatileFolders(root, profile.init);
    const state = MachineState.create(
      place.folder,
      seedState(place, profile),
      longRunning(place, profile),
    );
    return machineOf(place, state);
  },

  /** A machine that is still off: `boot` starts it as it was imaged. */
  fromImage(place, imageFolder) {
    copyRoot(join(imageFolder, 'root'), join(place.folder, 'root'));
    copyDisks(imageFolder, place.folder);
    return machineOf(place, MachineState.ofImage(place.folder));
  },

  reopen(place) {
    return machineOf(place, MachineState.reopen(place.folder));
  },
};

function machineOf(place: MachinePlace, state: MachineState): Machine {
  return new Machine(place, state, (machine, argv) => {
    void runAppliance(machine, argv);
  });
}

const oneDay = 86_400_000;

function longRunning(place: MachinePlace, profile: MachineProfile): VolatileState {
  const since = place.surroundings.clock.now() - oneDay;
  const unit = (name: UnitName): VolatileState['units'][string] => {
    const path = environmentPath(join(place.folder, 'root'), profile.init, name);
    const text = path === undefined ? '' : readFileSync(path, 'utf8');
    return { state: 'active', since, environment: parseEnvironmentFile(text) };
  };
  return {
    ...poweredOff(),
    poweredOn: true,
    boots: 1,
    bootedAt: since,
    units: Object.fromEntries(unitNames.map((name) => [name, unit(name)])),
    app: { running: 'started', error: '' },
    nomadLeader: true,
    serves: profile.hostname,
  };
}
