/** A Services machine: a folder of files, and what runs on them. */
import { setMaxListeners } from 'node:events';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type {
  Keeper,
  LabEvent,
  MachinePlace,
  MachineProfile,
  SimulatedMachine,
  Surroundings,
} from '../shapes';
import { Agenda } from './agenda';
import { App } from './app';
import { CloudInit } from './cloud-init';
import { startCron } from './cron';
import { consoleText } from './console';
import { daemonContainers } from './containers';
import { hostnameOf, type Core } from './core';
import { applyFacts } from './facts';
import { readPublicHostKeys } from './host-keys';
import { DockerDaemon } from './docker-daemon';
import { copyDisks } from './disks';
import { mountAtBoot, stopBootAt, type MountEntry } from './mounts';
import { Nomad } from './nomad';
import { poweredOff, type MachineState } from './state';
import { seconds } from './timing';
import { copyRoot } from './tree';
import { unitNames, Units } from './units';

/** The one implementation of a simulated machine; the appliance's commands work on its parts. */
export class Machine implements SimulatedMachine, Core {
  readonly instanceId: string;
  readonly root: string;
  readonly privateAddress: string;
  publicAddress: string | undefined;
  readonly surroundings: Surroundings;
  readonly agenda: Agenda;
  readonly docker: DockerDaemon;
  readonly units: Units;
  readonly nomad: Nomad;
  readonly app: App;
  /** Told of each mount (and of what was unmounted) while the machine runs. */
  readonly mountWatchers = new Set<(mount: MountEntry, mounted: boolean) => void>();
  private readonly keeper: Keeper | undefined;
  private readonly cloudInit: CloudInit;
  private powerControl = powerControl();

  constructor(
    place: MachinePlace,
    readonly state: MachineState,
    runTimer: (machine: Machine, argv: readonly string[]) => void,
  ) {
    this.instanceId = place.instanceId;
    this.root = join(place.folder, 'root');
    this.privateAddress = place.privateAddress;
    this.publicAddress = place.publicAddress;
    this.surroundings = place.surroundings;
    this.agenda = new Agenda(state, place.surroundings.clock);
    this.docker = new DockerDaemon(this);
    this.units = new Units(this, this.docker);
    this.nomad = new Nomad(this);
    this.app = new App(this, { units: this.units, nomad: this.nomad, docker: this.docker });
    this.keeper = place.keeper;
    this.cloudInit = new CloudInit(this, () => this.keeper?.userData());
    this.agenda.on('units', () => {
      this.docker.start();
      unitNames.forEach((name) => {
        this.units.startAtBoot(name);
      });
    });
    this.agenda.on('shut-down', () => {
      this.note('boot', `${this.instanceId} shuts itself down`);
      this.powerOff();
      this.keeper?.hasShutDown();
    });
    this.agenda.on('timer', (name) => {
      const argv = state.volatile.timers[name] ?? [];
      state.volatile.timers = withoutKey(state.volatile.timers, name);
      // systemd 219, of CentOS 7 and Amazon Linux 2, keeps a transient timer that has fired.
      if (state.durable.distribution === 'rhel') state.volatile.elapsed.push(name);
      state.save();
      this.note('unit', `${name}.timer elapsed: ${argv.join(' ')}`);
      runTimer(this, argv);
    });
    this.agenda.resume();
    if (this.poweredOn) startCron(this);
  }

  note(kind: LabEvent['kind'], text: string, data?: Readonly<Record<string, unknown>>): void {
    this.surroundings.journal.write({
      kind,
      machine: this.instanceId,
      text,
      ...(data === undefined ? {} : { data }),
    });
  }

  /** The name without domain that EC2 gave to the machine. */
  get hostname(): string {
    return hostnameOf(this.privateAddress);
  }

  get poweredOn(): boolean {
    return this.state.volatile.poweredOn;
  }

  /** Counts boots: whatever waited before another boot is gone. */
  get boots(): number {
    return this.state.volatile.boots;
  }

  /** Fires when this boot's power goes. */
  get power(): AbortSignal {
    return this.powerControl.signal;
  }

  /** Whether its security groups keep it from reaching other machines. */
  get isIsolated(): boolean {
    return this.keeper?.isIsolated() ?? false;
  }

  /** Whether it shows volumes as NVMe devices, by its type or as a test says. */
  get isNvme(): boolean {
    return this.state.volatile.traps.nvme ?? this.keeper?.isNvme() ?? false;
  }

  volumeAt(device: string): string | undefined {
    return this.keeper?.volumeAt(device);
  }

  get answers(): boolean {
    const { poweredOn, traps } = this.state.volatile;
    return poweredOn && traps.sshDown !== true && !this.isStuck && this.uptime >= seconds.bootToSsh;
  }

  get isStuck(): boolean {
    return this.state.volatile.stuckAt !== '';
  }

  get hostKeys(): readonly string[] {
    return readPublicHostKeys(this.root).map((line) => line.split(' ').slice(0, 2).join(' '));
  }

  get consoleOutput(): string {
    const { bootedAt, traps, boots, stuckAt } = this.state.volatile;
    const withKeys =
      this.uptime >= seconds.bootToConsoleKeys &&
      traps.noConsoleKeys !== true &&
      !this.isStuck &&
      this.state.durable.cloudInit !== 'absent';
    return boots === 0
      ? ''
      : consoleText({
          hostname: this.hostname,
          privateAddress: this.privateAddress,
          bootedAt,
          ...(this.isStuck ? { stuck: { at: stuckAt, init: this.state.durable.init } } : {}),
          ...(withKeys ? { keys: readPublicHostKeys(this.root) } : {}),
        });
  }

  /** All containers that run, as `docker ps` lists them. */
  containers(): readonly string[] {
    const units = unitNames.filter((name) => this.units.isActive(name));
    const daemon = this.units.isActive('replicated') ? daemonContainers : [];
    const { foreignContainers } = this.state.durable;
    const foreign = this.poweredOn && !this.docker.isDown ? foreignContainers : [];
    return [...this.app.containers(), ...units, ...daemon, ...foreign];
  }

  boot(): void {
    if (this.poweredOn) {
      return;
    }
    this.powerControl = powerControl();
    const { boots, traps } = this.state.volatile;
    this.state.volatile = {
      ...poweredOff(),
      poweredOn: true,
      boots: boots + 1,
      bootedAt: this.surroundings.clock.now(),
      traps,
    };
    this.state.save();
    layVolatileFolders(this.root, this.state.durable.init);
    if (this.state.durable.cloudInit !== 'absent') {
      this.cloudInit.renewIdentity(this.hostname);
    }
    const stuckAt = mountAtBoot(this);
    this.note('boot', `${this.instanceId} boots at ${this.privateAddress}`);
    if (stuckAt !== undefined) {
      stopBootAt(this, stuckAt);
      return;
    }
    this.cloudInit.begin();
    startCron(this);
  }

  /** Ends every container; the units come back by themselves, the app does not. */
  restartDocker(): void {
    this.note('unit', 'docker restarts: every container ends');
    const running = unitNames.filter((name) => this.units.isActive(name));
    this.app.loseContainers();
    for (const name of running) this.units.stop(name);
    this.docker.start();
    for (const name of running) this.units.start(name);
  }

  powerOff(): void {
    if (!this.poweredOn) {
      return;
    }
    this.agenda.clear();
    const { boots, bootedAt, traps } = this.state.volatile;
    this.state.volatile = { ...poweredOff(), boots, bootedAt, traps };
    this.state.save();
    this.note('boot', `${this.instanceId} is off`);
    this.powerControl.abort();
  }

  copyInto(folder: string): void {
    copyRoot(this.root, join(folder, 'root'));
    copyDisks(join(this.root, '..'), folder);
  }

  inspect(): Readonly<Record<string, unknown>> {
    const { durable, volatile } = this.state;
    const units = unitNames.map((name) => [
      name,
      {
        state: this.units.stateOf(name),
        address: this.units.environmentOf(name)['PRIVATE_ADDRESS'],
      },
    ]);
    return {
      instanceId: this.instanceId,
      privateAddress: this.privateAddress,
      publicAddress: this.publicAddress,
      distribution: durable.distribution,
      init: durable.init,
      poweredOn: this.poweredOn,
      answers: this.answers,
      app: this.app.view(),
      containers: this.containers(),
      units: Object.fromEntries(units),
      localAddress: this.units.localAddress(),
      operatorDials: this.units.operatorDials(),
      nomad: {
        present: existsSync(join(this.root, 'opt/nomad')),
        peer: this.nomad.peer,
        leader: this.nomad.hasLeader,
      },
      hostname: durable.config['hostname']?.value,
      serves: volatile.serves,
      builds: durable.builds,
      timers: Object.keys(volatile.timers),
      traps: volatile.traps,
    };
  }

  set(values: Readonly<Record<string, unknown>>): void {
    applyFacts(this, values);
  }

  private get uptime(): number {
    const { poweredOn, bootedAt } = this.state.volatile;
    return poweredOn ? (this.surroundings.clock.now() - bootedAt) / 1000 : 0;
  }
}

/** The record without one of its keys. */
export function withoutKey<Value>(
  record: Readonly<Record<string, Value>>,
  key: string,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}

function powerControl(): AbortController {
  const control = new AbortController();
  // Every connection and command of the machine listens to it.
  setMaxListeners(0, control.signal);
  return control;
}

/** Empties what lives in memory and makes what a booted machine has there. */
export function layVolatileFolders(root: string, init: MachineProfile['init']): void {
  for (const name of ['run', 'tmp']) {
    const folder = join(root, name);
    mkdirSync(folder, { recursive: true });
    for (const entry of readdirSync(folder)) {
      rmSync(join(folder, entry), { recursive: true, force: true });
    }
  }
  mkdirSync(join(root, 'run/lock'), { recursive: true });
  if (init === 'systemd') {
    mkdirSync(join(root, 'run/systemd/system'), { recursive: true });
  }
}
