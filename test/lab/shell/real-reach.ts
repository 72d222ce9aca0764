/** A machine of the lab that production's commands reach through bastion and real shell. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'ssh2';
import { applianceCommands } from '../../../src/lab/appliance';
import { realShell } from '../../../src/lab/shell/real';
import { systemOf, systems } from '../../../src/lab/machine/systems';
import type { MachineProfile, SimulatedMachine } from '../../../src/lab/shapes';
import { stopApp, type Command } from '../../../src/machine/shell/commands';
import type { AtFence } from '../../../src/machine/shell/quoting';
import { liveAddress, SmallLab } from '../machine/small-lab';
import { Reach, run, type Answer } from './session';

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The command, killed without warning before its nth step; the answer's code is then 137. */
export function killedBefore(command: Command, step: number): Command {
  const count = `steps=$((steps+1)); [ $steps != ${String(step)} ] || kill -9 $$`;
  return { ...command, script: `steps=0; trap '${count}' DEBUG\n${command.script}` };
}

export class RealReach {
  private constructor(
    readonly lab: SmallLab,
    readonly machine: SimulatedMachine,
    private readonly reach: Reach,
    private readonly user: string,
    private client: Client,
  ) {}

  static async open(profile: Partial<MachineProfile> = {}): Promise<RealReach> {
    const lab = new SmallLab();
    const machine = lab.install(profile);
    const shell = realShell({ dir: lab.folder, commands: applianceCommands });
    const reach = await Reach.open(lab, shell);
    const { distribution = 'debian', init = 'systemd', system } = profile;
    const username = systems[systemOf({ distribution, init, ...(system ? { system } : {}) })].user;
    const client = await reach.to(liveAddress, { username });
    return new RealReach(lab, machine, reach, username, client);
  }

  /** A second connection to the same machine. */
  another(): Promise<Client> {
    return this.reach.to(liveAddress, { username: this.user });
  }

  /** Ends the connection and opens a new one. */
  async reconnect(between: () => Promise<void>): Promise<void> {
    this.client.end();
    await between();
    this.client = await this.another();
  }

  run(command: Command, at?: AtFence): Promise<Answer> {
    return run(this.client, command, at);
  }

  async said(command: Command): Promise<string> {
    return (await this.run(command)).stdout;
  }

  async stopApp(): Promise<void> {
    await this.run(stopApp);
    this.lab.clock.skip(90);
  }

  /** The path on the host of a file of the machine. */
  path(path: string): string {
    return join(this.machine.root, path);
  }

  read(path: string): string {
    return readFileSync(this.path(path), 'utf8');
  }

  async close(): Promise<void> {
    await this.reach.close();
    this.lab.remove();
  }
}
