/** The seams inside the lab: clock, journal, machines and the shells that run their commands. */
import type { Duplex } from 'node:stream';
import type { SystemName } from './machine/system-names';

/** Simulated time: `speed` simulated seconds pass in one real second. */
export interface LabClock {
  /** Simulated milliseconds since the epoch. */
  now(): number;
  /** Runs `action` once after simulated seconds; returns a function that calls it off. */
  after(simulatedSeconds: number, action: () => void): () => void;
  /** Resolves after simulated seconds. */
  sleep(simulatedSeconds: number): Promise<void>;
}

/** One thing that happened in the lab. */
export interface LabEvent {
  readonly seq: number;
  /** ISO 8601, simulated time. */
  readonly at: string;
  readonly kind:
    'ec2' | 'command' | 'dial' | 'boot' | 'app' | 'api' | 'unit' | 'ssh' | 'fault' | 'control';
  /** Instance id of the machine concerned. */
  readonly machine?: string;
  readonly text: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

export interface LabJournal {
  write(event: Omit<LabEvent, 'seq' | 'at'>): void;
  since(seq: number): readonly LabEvent[];
}

/** What a machine asks of the region around it. */
export interface Surroundings {
  readonly clock: LabClock;
  readonly journal: LabJournal;
  /** The lab's DNS zone. */
  resolve(name: string): string | undefined;
  /** The folder of the NFS export, if its server answers. */
  exportAt(source: string): string | undefined;
  /** The running machine that has the address, if any: what a clone that dials would reach. */
  machineAt(address: string): string | undefined;
  /** Runs a script on the machine as its init does, in the machine's own shell. */
  runScript(machine: SimulatedMachine, script: string): Promise<CommandOutput>;
  /** Nomad clients of the fleet: the server address that each carries, and whether it was restarted since. */
  readonly nomadClients: readonly { readonly id: string; serverAddress: string }[];
  /**
   * Waits while a test holds the point: an EC2 action's name, `command:<name>` after a command of
   * the appliance, `exec-end` before an exec line's exit status is sent. The effect has happened;
   * but at `exec`, where an exec line has arrived and has not begun.
   */
  readonly atBarrier: (point: string, text?: string) => Promise<void>;
}

export interface CommandInput {
  /** argv without the command's own name. */
  readonly args: readonly string[];
  readonly stdin: string;
  /** Whether a tty is attached; the real wrappers of Replicated behave differently then. */
  readonly tty: boolean;
}

export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** A command of the appliance: written once, reached from both shells. */
export type ApplianceCommand = (
  machine: SimulatedMachine,
  input: CommandInput,
) => Promise<CommandOutput> | CommandOutput;

/** A Services machine: a folder of files and a model of what runs on it. */
export interface SimulatedMachine {
  readonly instanceId: string;
  /** The region around it: shells journal and wait at barriers through it. */
  readonly surroundings: Surroundings;
  /** The machine's root directory on the host, e.g. DIR/machines/i-…/root. */
  readonly root: string;
  readonly privateAddress: string;
  publicAddress: string | undefined;
  /** Cloud-init makes new host keys for a new instance id; the console shows them. */
  readonly consoleOutput: string;
  /** OpenSSH public key lines (`ssh-ed25519 AAAA…`), and the private key files' paths under root. */
  readonly hostKeys: readonly string[];
  /** Whether the machine is up and its sshd answers. */
  readonly answers: boolean;
  /** Whether its boot has stopped half-way, in emergency mode. */
  readonly isStuck?: boolean;
  /** Powers the machine on as it was imaged: units dial, the app may start by itself. */
  boot(): void;
  powerOff(): void;
  /** Makes the folder of an image: a copy of the files and of the model's durable state, now. */
  copyInto(folder: string): void;
  /** What a test or GET /world wants to see. */
  inspect(): Readonly<Record<string, unknown>>;
  /** Sets traps (`{ stopHangs: true }` …) or facts of the model; unknown keys throw. */
  set(values: Readonly<Record<string, unknown>>): void;
}

export interface MachinePlace {
  readonly instanceId: string;
  /** DIR/machines/i-…; the root is `root` below it, volatile state beside. */
  readonly folder: string;
  readonly privateAddress: string;
  readonly publicAddress?: string;
  readonly surroundings: Surroundings;
  /** Absent where no EC2 is around the machine. */
  readonly keeper?: Keeper;
}

/** What EC2 holds for one machine, as it stands when it is asked for. */
export interface Keeper {
  /** What cloud-init fetches at each boot. */
  userData(): string | undefined;
  /** Whether its security groups keep it from reaching other machines. */
  isIsolated(): boolean;
  /** Whether its type shows volumes as NVMe devices. */
  isNvme(): boolean;
  /** The id of the volume at the device. */
  volumeAt(device: string): string | undefined;
  /** Told by a machine that has switched itself off. */
  hasShutDown(): void;
}

/** Makes machines: a fresh installation, a clone of an image's folder, or one found on disk. */
export interface MachineFactory {
  install(place: MachinePlace, profile: MachineProfile): SimulatedMachine;
  fromImage(place: MachinePlace, imageFolder: string): SimulatedMachine;
  reopen(place: MachinePlace): SimulatedMachine;
}

export interface MachineProfile {
  readonly distribution: 'debian' | 'rhel';
  readonly init: 'systemd' | 'upstart' | 'sysv';
  /** Which system exactly; absent: the newest of its family and init system. */
  readonly system?: SystemName;
  /** The release of Replicated; absent: 2.38.6. */
  readonly replicatedVersion?: string;
  /** An OpenSSH that has RSA host keys alone and proves them by SHA-1, as 5.3 of CentOS 6. */
  readonly provesBySha1?: boolean;
  readonly hostname: string;
  /** OpenSSH public key line that may log in. */
  readonly authorizedKey: string;
}

/** A way to run an SSH session on a machine. */
export interface Shell {
  readonly name: 'portable' | 'real';
  /** Serves one SSH connection to the machine over the stream (the bastion's channel). */
  serve(machine: SimulatedMachine, connection: Duplex): void;
  /** Runs a script of bash on the machine as root, without a connection. */
  run(machine: SimulatedMachine, script: string): Promise<CommandOutput>;
  stop(): Promise<void>;
}
