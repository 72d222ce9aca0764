/** A lab without its region: one clock that tests move, one journal, and machines by address. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ed25519Pair } from '../../../src/lab/key-pair';
import { portableShell } from '../../../src/lab/shell/portable';
import { machineFactory } from '../../../src/lab/machine/factory';
import type {
  LabClock,
  LabEvent,
  MachinePlace,
  MachineProfile,
  SimulatedMachine,
  Surroundings,
} from '../../../src/lab/shapes';

/** Simulated time that passes only when a test says so. */
class TestClock implements LabClock {
  /** Whether a sleep moves the time by itself. */
  sleepsSkip = false;
  private time = Date.UTC(2026, 0, 5, 12);
  private waiting: { at: number; action: () => void }[] = [];

  now(): number {
    return this.time;
  }

  after(simulatedSeconds: number, action: () => void): () => void {
    const entry = { at: this.time + simulatedSeconds * 1000, action };
    this.waiting.push(entry);
    return () => {
      this.waiting = this.waiting.filter((other) => other !== entry);
    };
  }

  sleep(simulatedSeconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(simulatedSeconds, resolve);
      if (this.sleepsSkip) {
        this.skip(simulatedSeconds);
      }
    });
  }

  skip(simulatedSeconds: number): void {
    const end = this.time + simulatedSeconds * 1000;
    for (;;) {
      const [next] = this.waiting.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) {
        break;
      }
      this.waiting = this.waiting.filter((other) => other !== next);
      this.time = Math.max(this.time, next.at);
      next.action();
    }
    this.time = end;
  }
}

/** The address of the machine that every small lab begins with. */
export const liveAddress = '10.0.1.5';

export class SmallLab {
  readonly folder = mkdtempSync(join(tmpdir(), 'small-lab-'));
  readonly clock = new TestClock();
  readonly events: LabEvent[] = [];
  readonly barriers: string[] = [];
  readonly dns = new Map([['circleci.example.com', '203.0.113.10']]);
  /** Folders of NFS exports by their source. */
  readonly exports = new Map<string, string>();
  readonly machines = new Map<string, SimulatedMachine>();
  readonly key = ed25519Pair('test');
  private readonly shell = portableShell();
  atBarrier: (point: string) => Promise<void> = () => Promise.resolve();

  readonly surroundings: Surroundings = {
    clock: this.clock,
    journal: {
      write: (event) => {
        const at = new Date(this.clock.now()).toISOString();
        this.events.push({ seq: this.events.length + 1, at, ...event });
      },
      since: (seq) => this.events.slice(seq),
    },
    resolve: (name) => this.dns.get(name),
    exportAt: (source) => this.exports.get(source),
    machineAt: (address) => {
      const machine = this.machines.get(address);
      return machine?.inspect()['poweredOn'] === true ? machine.instanceId : undefined;
    },
    runScript: (machine, script) => this.shell.run(machine, script),
    nomadClients: [
      { id: 'i-0000000000000c01', serverAddress: liveAddress },
      { id: 'i-0000000000000c02', serverAddress: '10.0.9.9' },
    ],
    atBarrier: (point) => {
      this.barriers.push(point);
      return this.atBarrier(point);
    },
  };

  place(instanceId: string, privateAddress: string, publicAddress?: string): MachinePlace {
    return {
      instanceId,
      folder: join(this.folder, 'machines', instanceId),
      privateAddress,
      ...(publicAddress === undefined ? {} : { publicAddress }),
      surroundings: this.surroundings,
    };
  }

  install(profile: Partial<MachineProfile> = {}): SimulatedMachine {
    const machine = machineFactory.install(
      this.place('i-0123456789abcdef0', liveAddress, '203.0.113.10'),
      {
        distribution: 'debian',
        init: 'systemd',
        hostname: 'circleci.example.com',
        authorizedKey: this.key.public,
        ...profile,
      },
    );
    this.machines.set(liveAddress, machine);
    return machine;
  }

  /** Images the machine and makes another of it, still off. */
  clone(source: SimulatedMachine, instanceId: string, privateAddress: string): SimulatedMachine {
    const image = join(this.folder, 'images', instanceId);
    source.copyInto(image);
    const machine = machineFactory.fromImage(this.place(instanceId, privateAddress), image);
    this.machines.set(privateAddress, machine);
    return machine;
  }

  texts(kind: LabEvent['kind']): string[] {
    return this.events.filter((event) => event.kind === kind).map(({ text }) => text);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
