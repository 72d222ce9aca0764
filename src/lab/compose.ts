/** Puts a lab together: time, journal, region, machines, bastion, control, configuration. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { createBarriers, type Barriers } from './barriers';
import type { Bastion, BastionOptions } from './bastion';
import type { CircleciOptions } from './circleci-api';
import { startClock, type StoppableClock } from './clock';
import { bastionUser, writeConfig } from './config-file';
import { serveControl } from './control';
import { reachableExport } from './exports';
import { createFaults, type Faults } from './faults';
import { lastEntryAt, openJournal } from './journal';
import { labKeys } from './keys';
import { listenPreferring, type Listening } from './listen';
import { defaultTimings, type Timings } from './region/model';
import { openRegion, removeStrays } from './region/open-region';
import type { Region } from './region/region';
import { Regions } from './regions';
import { seeded } from './region/seed';
import { serveRegions } from './region/server';
import type { SystemName } from './machine/system-names';
import { systemOf, systems } from './machine/systems';
import type { LabJournal, MachineFactory, MachineProfile, Shell, Surroundings } from './shapes';
import { loadWorld, saveWorld } from './world-state';

/** How a lab is started. */
export interface LabOptions {
  /** Everything the lab keeps lies in here; what is there already is taken up. */
  readonly dir: string;
  /** Simulated seconds in one real second. */
  readonly speed?: number;
  readonly shell?: Shell['name'];
  /** The system of the first Services machine, or its family. */
  readonly profile?: 'debian' | 'rhel' | SystemName;
  readonly init?: MachineProfile['init'];
  /** Its release of Replicated, where it is not the one that came with the system. */
  readonly replicated?: string;
  /** Whether it has host keys of RSA alone, and proves them by SHA-1. */
  readonly provesBySha1?: boolean;
  /** Port of the EC2 endpoint; 0 is the one of the last time, or any. */
  readonly port?: number;
  /** Simulated seconds that things of AWS take, where they differ from the usual. */
  readonly timings?: Partial<Timings>;
  /** Settings of the installation `prod` in runbook.yaml that differ from the lab's. */
  readonly installation?: Readonly<Record<string, unknown>>;
  /** Time limits of that installation that differ from the lab's. */
  readonly limits?: Readonly<Record<string, string | number>>;
  /** Whether runbook.yaml pins the live machine's host keys; true unless told. */
  readonly pinMachine?: boolean;
  /** Where gates and ends are told: `notify` of runbook.yaml. */
  readonly notify?: Readonly<Record<string, unknown>>;
}

/** A lab that runs. */
export interface Lab {
  readonly ec2Url: string;
  readonly controlUrl: string;
  readonly bastionPort: number;
  readonly circleciUrl: string;
  readonly configPath: string;
  /** Where the Services machine runs. */
  readonly region: Region;
  /** All regions, that one first. */
  readonly regions: Regions;
  readonly faults: Faults;
  readonly barriers: Barriers;
  readonly journal: LabJournal;
  readonly clock: StoppableClock;
  stop(): Promise<void>;
}

/** The parts that know what a Services machine is. */
export interface LabParts {
  readonly factory: MachineFactory;
  readonly shell: (name: Shell['name'], dir: string) => Shell;
  readonly bastion: (options: BastionOptions) => Promise<Bastion>;
  readonly circleci: (options: CircleciOptions) => Promise<Listening>;
}

const labFile = z.object({
  ec2Url: z.string(),
  controlUrl: z.string(),
  bastionPort: z.number(),
  circleciUrl: z.string().optional(),
});

/** Ports of the last time, so that a worker finds the lab again after a restart. */
function lastPorts(dir: string): Record<'ec2' | 'control' | 'bastion' | 'circleci', number> {
  const path = join(dir, 'lab.json');
  const last = existsSync(path)
    ? labFile.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data
    : undefined;
  const port = (url: string | undefined) => (url === undefined ? 0 : Number(new URL(url).port));
  return {
    ec2: port(last?.ec2Url),
    control: port(last?.controlUrl),
    bastion: last?.bastionPort ?? 0,
    circleci: port(last?.circleciUrl),
  };
}

/** What stands before anything listens. */
function openGround(options: LabOptions, parts: LabParts, shell: Shell) {
  const dir = resolve(options.dir);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const keys = labKeys(dir);
  const world = loadWorld(dir);
  const journalPath = join(dir, 'journal.jsonl');
  // A lab that was killed had no chance to write down the time; its journal knows better.
  const now = Math.max(world.now, lastEntryAt(journalPath));
  const clock = startClock(options.speed ?? 60, now);
  const journal = openJournal(journalPath, clock);
  const barriers = createBarriers(journal);
  const faults = createFaults(clock, journal);
  const save = (): void => {
    world.now = clock.now();
    saveWorld(dir, world);
  };
  const surroundings: Surroundings = {
    clock,
    journal,
    resolve: (name) => new Map(Object.entries(world.dns)).get(name.toLowerCase()),
    exportAt: (source) => reachableExport(dir, world.exports, source),
    machineAt: (address): string | undefined => regions.machineAt(address)?.instanceId,
    runScript: (machine, script) => shell.run(machine, script),
    nomadClients: world.nomadClients,
    atBarrier: (point, text) => barriers.atBarrier(point, text),
  };
  removeStrays(dir, world.regions);
  const regionParts = {
    dir,
    factory: parts.factory,
    profile: {
      ...profileOf(options),
      provesBySha1: options.provesBySha1 ?? false,
      hostname: seeded.hostname,
      authorizedKey: keys.operator.publicLine,
    },
    surroundings,
    timings: { ...defaultTimings, ...options.timings },
    neighbour: (name: string): Region | undefined => regions.named(name),
    save,
  };
  const [home, ...others] = world.regions;
  const regions: Regions = new Regions([
    openRegion(home, regionParts),
    ...others.map((state) => openRegion(state, regionParts)),
  ]);
  save();
  return { dir, keys, world, clock, journal, barriers, faults, save, regions, shell };
}

type Ground = ReturnType<typeof openGround>;

/** Opens what listens: the EC2 endpoint, the control API, the bastion with its shell. */
async function openDoors(ground: Ground, options: LabOptions, parts: LabParts) {
  const { dir, keys, world, journal, barriers, faults, save, regions } = ground;
  const opened: { stop(): Promise<void> }[] = [];
  const stop = async (): Promise<void> => {
    barriers.releaseAll();
    // The shell last: the bastion's connections end in it.
    for (const door of opened.toReversed()) {
      await door.stop();
    }
  };
  const keep = <Door extends { stop(): Promise<void> }>(door: Door): Door => {
    opened.push(door);
    return door;
  };
  try {
    const last = lastPorts(dir);
    const shell = keep(ground.shell);
    const startBastion = (port: number) =>
      parts.bastion({
        user: bastionUser,
        authorizedKey: keys.bastionLogin.publicLine,
        hostKeyPem: keys.bastionHost.privatePem,
        machineAt: (address) => regions.machineAt(address),
        shell,
        journal,
        port,
      });
    const bastion = keep(await listenPreferring(startBastion, last.bastion));
    const serveEc2 = (port: number) => serveRegions({ regions, faults, barriers, journal, port });
    const { port = 0 } = options;
    const ec2 = keep(await (port === 0 ? listenPreferring(serveEc2, last.ec2) : serveEc2(port)));
    const control = keep(
      await listenPreferring(
        (free) => serveControl({ world, regions, faults, barriers, journal, save, port: free }),
        last.control,
      ),
    );
    const { token, machine } = circleciOf(ground);
    const circleci = keep(
      await listenPreferring(
        (free) => parts.circleci({ token, machine, journal, port: free }),
        last.circleci,
      ),
    );
    const circleciUrl = circleci.url;
    return {
      circleciUrl,
      ec2Url: ec2.url,
      controlUrl: control.url,
      bastionPort: bastion.port,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Whoever asks for the hostname reaches the machine that the DNS record names. */
function circleciOf({ keys, world, regions }: Ground) {
  return {
    token: keys.circleciToken,
    machine: () => {
      const address = world.dns[seeded.hostname];
      return address === undefined ? undefined : regions.machineAt(address);
    },
  };
}

/** Starts a lab of these parts. */
export async function composeLab(options: LabOptions, parts: LabParts): Promise<Lab> {
  // The machines' own scripts run in it, so it stands before the first machine boots.
  const shell = parts.shell(options.shell ?? 'portable', resolve(options.dir));
  const ground = openGround(options, parts, shell);
  const { dir, keys, clock, journal, barriers, faults, save, regions } = ground;
  const region = regions.first;
  const leave = (): void => {
    save();
    regions.stop();
    clock.stop();
  };
  try {
    const { stop: closeDoors, ...addresses } = await openDoors(ground, options, parts);
    const configPath = writeConfig({
      ...addresses,
      dir,
      speed: clock.speed,
      user: systems[systemOf(profileOf(options))].user,
      keys,
      hostKeys: options.pinMachine === false ? [] : liveHostKeys(region),
      installation: options.installation ?? {},
      limits: options.limits ?? {},
      notify: options.notify,
    });
    const stop = async (): Promise<void> => {
      await closeDoors();
      leave();
    };
    return { ...addresses, configPath, region, regions, faults, barriers, journal, clock, stop };
  } catch (error) {
    leave();
    throw error;
  }
}

/** A family has its newest system, and Replicated 2.38.6 whatever it came with. */
function profileOf({
  profile = 'debian',
  init = 'systemd',
  replicated,
}: LabOptions): Pick<MachineProfile, 'distribution' | 'init' | 'system' | 'replicatedVersion'> {
  if (profile === 'debian' || profile === 'rhel') {
    return { distribution: profile, init, ...(replicated && { replicatedVersion: replicated }) };
  }
  const system = systems[profile];
  return {
    distribution: system.distribution,
    init: system.init,
    system: profile,
    replicatedVersion: replicated ?? system.replicated,
  };
}

function liveHostKeys({ state, machines }: Region): readonly string[] {
  const live = Object.values(state.instances).find(
    (instance) => instance.tags['Name'] === 'prod_services' && machines.has(instance.id),
  );
  return machines.get(live?.id ?? '')?.hostKeys ?? [];
}
