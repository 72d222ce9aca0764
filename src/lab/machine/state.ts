/**
 * What a machine knows about itself. The durable part lies inside the machine's root, so that an
 * image carries it; the volatile part lies beside the root and only survives a restart of the lab.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { systemNames } from './system-names';
import { trapValues } from './traps';

const configItem = z.object({
  value: z.string().optional(),
  data: z.string().optional(),
  hidden: z.boolean().optional(),
  writeOnce: z.boolean().optional(),
});

/** A build's record in the app's database. */
export const build = z.object({
  url: z.string(),
  status: z.string(),
  /** ISO 8601. */
  startedAt: z.string().optional(),
});

const durableState = z.object({
  distribution: z.enum(['debian', 'rhel']),
  init: z.enum(['systemd', 'upstart', 'sysv']),
  system: z.enum(systemNames).default('ubuntu1604'),
  replicatedVersion: z.string(),
  /** What the app calls its own version. */
  serverVersion: z.string().default('2.19.3'),
  app: z.object({
    id: z.string(),
    sequence: z.number(),
    desired: z.enum(['started', 'stopped']),
    lastModifiedAt: z.string(),
  }),
  config: z.record(z.string(), configItem),
  /** Private address in the names of the app's container images. */
  imagesAddress: z.string(),
  builds: z.array(build),
  /** Whether the machine has cloud-init, and whether that runs what user data brings. */
  cloudInit: z.enum(['obeys', 'ignores', 'absent']).default('obeys'),
  /** Containers that the app does without: what they would do is done on other machines. */
  elsewhere: z.array(z.string()).optional(),
  /** Before Nomad 0.8 `node-status` had no Eligibility column. */
  nomadLayout: z.enum(['old', 'new']),
  /** Containers that the people of the machine run there; Docker starts them at each boot. */
  foreignContainers: z.array(z.string()).default([]),
  /** Host keys are of RSA alone, and proven by SHA-1. */
  provesBySha1: z.boolean().default(false),
  /** A Replicated that labels no container. */
  withoutLabels: z.boolean().default(false),
});

const unitState = z.object({
  state: z.enum(['active', 'inactive', 'failed']),
  since: z.number(),
  /** The environment file as it was when the unit started. */
  environment: z.record(z.string(), z.string()),
});

const volatileState = z.object({
  poweredOn: z.boolean(),
  boots: z.number(),
  bootedAt: z.number(),
  units: z.record(z.string(), unitState),
  app: z.object({
    running: z.enum(['started', 'stopped', 'failed']),
    error: z.string(),
    /** `waiting`: the daemon of a machine that booted has not come to the app yet. */
    transition: z
      .object({
        kind: z.enum(['start', 'stop', 'waiting']),
        began: z.number(),
        seconds: z.number(),
        hangs: z.boolean(),
      })
      .optional(),
  }),
  nomadLeader: z.boolean(),
  /** The hostname that the app was started with: a later one holds from its next start on. */
  serves: z.string().optional(),
  /** Where Docker's log driver dials, as it was when Docker started; empty: nowhere. */
  logsTo: z.string().default(''),
  /** Why Docker's daemon does not run; empty: it runs. */
  dockerDown: z.string().default(''),
  /** The mount without which the boot has stopped, in emergency mode; empty: it went on. */
  stuckAt: z.string().default(''),
  /** What was mounted since the machine booted. */
  mounted: z
    .array(
      z.object({
        target: z.string(),
        source: z.string(),
        fstype: z.string(),
        options: z.string(),
        uuid: z.string().optional(),
        label: z.string().optional(),
        folder: z.string().optional(),
      }),
    )
    .default([]),
  tasks: z.array(z.object({ id: z.string(), verb: z.string(), began: z.string() })),
  timers: z.record(z.string(), z.array(z.string())),
  /** Timers that have fired and stay loaded, as on systemd 219. */
  elapsed: z.array(z.string()).default([]),
  agenda: z.array(z.object({ at: z.number(), task: z.string(), argument: z.string() })),
  traps: trapValues,
});

export type DurableState = z.infer<typeof durableState>;
export type VolatileState = z.infer<typeof volatileState>;
export type Transition = NonNullable<VolatileState['app']['transition']>;

/** Where the durable state lies inside a machine's root. */
const durablePath = 'var/lib/replicated/replicated.db';
const volatileName = 'running.json';

/** Both parts, with the files they are kept in. */
export class MachineState {
  private constructor(
    private readonly folder: string,
    readonly durable: DurableState,
    public volatile: VolatileState,
  ) {}

  /** State of a machine that is made now, in the given folder. */
  static create(folder: string, durable: DurableState, volatile: VolatileState): MachineState {
    const state = new MachineState(folder, durable, volatile);
    state.saveDurable();
    state.save();
    return state;
  }

  /** State as an image brought it; nothing runs yet. */
  static ofImage(folder: string): MachineState {
    return MachineState.create(folder, readDurable(folder), poweredOff());
  }

  /** State as the lab left it. */
  static reopen(folder: string): MachineState {
    const path = join(folder, volatileName);
    const volatile = existsSync(path)
      ? volatileState.parse(JSON.parse(readFileSync(path, 'utf8')))
      : poweredOff();
    return new MachineState(folder, readDurable(folder), volatile);
  }

  saveDurable(): void {
    write(join(this.folder, 'root', durablePath), this.durable);
  }

  save(): void {
    write(join(this.folder, volatileName), this.volatile);
  }
}

/** A machine on which nothing runs. */
export function poweredOff(): VolatileState {
  return {
    poweredOn: false,
    boots: 0,
    bootedAt: 0,
    units: {},
    app: { running: 'stopped', error: '' },
    nomadLeader: false,
    logsTo: '',
    dockerDown: '',
    stuckAt: '',
    mounted: [],
    tasks: [],
    timers: {},
    elapsed: [],
    agenda: [],
    traps: {},
  };
}

function readDurable(folder: string): DurableState {
  return durableState.parse(JSON.parse(readFileSync(join(folder, 'root', durablePath), 'utf8')));
}

function write(path: string, value: unknown): void {
  // What still ends on a machine that was terminated must not make its folder anew.
  if (!existsSync(dirname(path))) {
    return;
  }
  // A lab that is killed in the middle must find the old state or the new one.
  writeFileSync(`${path}.new`, JSON.stringify(value, undefined, 1), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
