/**
 * The real shell: for each SSH connection OpenSSH's own daemon, bash and GNU tools in a bubblewrap
 * sandbox whose files are the machine's folder (`real-sandbox.ts`). The appliance's commands are
 * small programs in there (`real-stub.ts`) that ask the lab over a socket (`real-socket.ts`).
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { modelOf } from '../appliance/model';
import { missingOn } from '../appliance';
import type { Machine } from '../machine/machine';
import type { CommandOutput, Shell } from '../shapes';
import { hostnameOf, layControlFolder } from './real-folder';
import { startSandbox, type Invocation, type RunningSandbox } from './real-process';
import { findProgram, sandboxArguments, whyNoSandbox } from './real-sandbox';
import { scriptArguments, scriptConnection } from './real-script';
import { listenFor, type Commands, type Listening } from './real-socket';

/** What a machine keeps from its first connection until the shell is stopped. */
interface Station {
  /** How a sandbox is started now: with what is mounted now. */
  readonly invocation: () => Invocation;
  readonly listening: Listening;
  /** Where root finds programs. */
  readonly path: string;
  readonly sandboxes: Set<RunningSandbox>;
}

/** What the real shell is made of; `dir` is where it lays its own files, beside the machines. */
export interface RealShellOptions {
  readonly dir: string;
  readonly commands: Commands;
}

/** Serves SSH connections from sandboxes; throws where the host cannot make any. */
export function realShell({ dir, commands }: RealShellOptions): Shell {
  const bwrap = findProgram('bwrap');
  const missing = whyNoSandbox();
  if (bwrap === undefined || missing !== undefined) {
    throw new Error(missing ?? 'the real shell needs bwrap');
  }
  const stations = new Map<Machine, Promise<Station>>();
  let stopped = false;

  const stationOf = (machine: Machine): Promise<Station> => {
    const station = stations.get(machine) ?? openStation(machine, { dir, commands, bwrap });
    stations.set(machine, station);
    return station;
  };

  const serve = async (machine: Machine, connection: Duplex): Promise<void> => {
    const isWanted = (): boolean => !stopped && !connection.destroyed && machine.answers;
    const station = isWanted() ? await stationOf(machine) : undefined;
    if (station === undefined || !isWanted()) {
      connection.destroy();
      return;
    }
    const invocation = station.invocation();
    const sandbox = startSandbox(invocation, { machine, connection });
    station.sandboxes.add(sandbox);
    void sandbox.ended.then(() => station.sandboxes.delete(sandbox));
  };

  return {
    name: 'real',
    run: async (simulated, script) => {
      const machine = modelOf(simulated);
      return runScript(machine, await stationOf(machine), script);
    },
    serve: (simulated, connection) => {
      const machine = modelOf(simulated);
      connection.on('error', () => connection.destroy());
      serve(machine, connection).catch((error: unknown) => {
        stations.delete(machine);
        connection.destroy();
        machine.note('ssh', `no sandbox for ${machine.instanceId}: ${String(error)}`);
      });
    },
    stop: async () => {
      stopped = true;
      const opened = await Promise.allSettled(stations.values());
      stations.clear();
      await Promise.all(
        opened.flatMap((each) => (each.status === 'fulfilled' ? [closeStation(each.value)] : [])),
      );
      rmSync(join(dir, 'sandboxes'), { recursive: true, force: true });
    },
  };
}

/** What the script leaves behind goes on until the machine is switched off. */
function runScript(machine: Machine, station: Station, script: string): Promise<CommandOutput> {
  const { sandboxes, path } = station;
  const invocation = station.invocation();
  const { connection, output } = scriptConnection();
  const args = scriptArguments(invocation.args, { path, script });
  const sandbox = startSandbox({ ...invocation, args }, { machine, connection });
  sandboxes.add(sandbox);
  void sandbox.ended.then(() => sandboxes.delete(sandbox));
  return output;
}

async function openStation(
  machine: Machine,
  options: RealShellOptions & { readonly bwrap: string },
): Promise<Station> {
  const { instanceId, root } = machine;
  const control = join(options.dir, 'sandboxes', instanceId);
  mkdirSync(control, { recursive: true });
  const { distribution, provesBySha1 } = machine.state.durable;
  const commands = Object.keys(options.commands);
  const missing = missingOn(machine);
  layControlFolder(control, { root, distribution, provesBySha1, commands, missing });
  const listening = await listenFor(machine, options.commands, control);
  const exports = join(options.dir, 'exports');
  mkdirSync(exports, { recursive: true });
  const disks = join(root, '../disks');
  mkdirSync(disks, { recursive: true });
  const invocation = (): Invocation => {
    const { mounted: mounts } = machine.state.volatile;
    const plan = { root, control, hostname: hostnameOf(root), exports, disks, mounts };
    const filter = join(control, 'seccomp');
    return { program: options.bwrap, args: sandboxArguments(plan), filter };
  };
  const sandboxes = new Set<RunningSandbox>();
  machine.mountWatchers.add((mount, mounted) => {
    sandboxes.forEach((sandbox) => sandbox.change(mount, mounted));
  });
  const path = readFileSync(join(control, 'secure-path'), 'utf8').trim();
  return { invocation, listening, path, sandboxes };
}

async function closeStation({ listening, sandboxes }: Station): Promise<void> {
  await Promise.all([...sandboxes].map((sandbox) => sandbox.end()));
  await listening.close();
}
