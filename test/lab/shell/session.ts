/** A caller's side of the lab's SSH: the real client, through the bastion to a machine. */
import { Client, type ConnectConfig } from 'ssh2';
import { ed25519Pair } from '../../../src/lab/key-pair';
import { systemOf, systems } from '../../../src/lab/machine/systems';
import { startBastion, type Bastion } from '../../../src/lab/bastion';
import type { MachineProfile, Shell, SimulatedMachine } from '../../../src/lab/shapes';
import { portableShell } from '../../../src/lab/shell/portable';
import type { Command } from '../../../src/machine/shell/commands';
import type { FenceWord } from '../../../src/machine/shell/fence';
import { render, unframe, type AtFence } from '../../../src/machine/shell/quoting';
import { liveAddress, SmallLab } from '../machine/small-lab';

const hostKey = ed25519Pair('test');

/** What came back of one exec line; no code when the connection ended first. */
export interface Answer {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** The machine's fence did not let it run. */
  readonly refusal?: FenceWord;
}

export class Reach {
  private readonly clients: Client[] = [];

  private constructor(
    readonly lab: SmallLab,
    readonly shell: Shell,
    readonly bastion: Bastion,
  ) {}

  static async open(lab: SmallLab, shell: Shell): Promise<Reach> {
    const bastion = await startBastion({
      user: 'ops',
      authorizedKey: lab.key.public,
      hostKeyPem: hostKey.private,
      machineAt: (address) => lab.machines.get(address),
      shell,
      journal: lab.surroundings.journal,
    });
    return new Reach(lab, shell, bastion);
  }

  async toBastion(changes: Partial<ConnectConfig> = {}): Promise<Client> {
    return this.connect({
      host: '127.0.0.1',
      port: this.bastion.port,
      username: 'ops',
      privateKey: this.lab.key.private,
      ...changes,
    });
  }

  /** Connects to the machine at the address; the promise fails when the bastion refuses. */
  async to(address: string, changes: Partial<ConnectConfig> = {}, port = 22): Promise<Client> {
    const outer = await this.toBastion();
    const sock = await new Promise<NonNullable<ConnectConfig['sock']>>((resolve, reject) => {
      outer.forwardOut('127.0.0.1', 0, address, port, (error, stream) => {
        if (error) {
          reject(error);
        } else {
          resolve(stream);
        }
      });
    });
    return this.connect({
      sock,
      username: 'ubuntu',
      privateKey: this.lab.key.private,
      ...changes,
    });
  }

  async close(): Promise<void> {
    this.clients.forEach((client) => client.destroy());
    await this.shell.stop();
    await this.bastion.stop();
  }

  private connect(config: ConnectConfig): Promise<Client> {
    const client = new Client();
    this.clients.push(client);
    return new Promise((resolve, reject) => {
      client.on('ready', () => {
        client.setNoDelay(true);
        resolve(client);
      });
      client.on('error', reject);
      client.on('close', () => {
        reject(new Error('closed'));
      });
      client.connect(config);
    });
  }
}

/** Runs a line as it stands. */
export function exec(
  client: Client,
  line: string,
  options: { readonly stdin?: string | Buffer; readonly pty?: boolean } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    client.exec(line, { pty: options.pty ?? false }, (error, channel) => {
      if (error) {
        reject(error);
        return;
      }
      let code: number | undefined;
      let stdout = '';
      let stderr = '';
      channel.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
      channel.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
      channel.on('exit', (given: number | null) => (code = given ?? undefined));
      channel.on('close', () => {
        resolve({ code, stdout, stderr });
      });
      channel.end(options.stdin);
    });
  });
}

const nonce = '0123456789abcdef01234567';

/** Runs a production command as production frames it; its output is what the script printed. */
export async function run(client: Client, command: Command, at?: AtFence): Promise<Answer> {
  const answer = await exec(client, render(command, nonce, at), { stdin: command.stdin ?? '' });
  const unframed = unframe(answer.stdout, nonce);
  if (unframed === undefined) {
    throw new Error(`no frame around ${JSON.stringify(answer)}`);
  }
  const { exitCode: code, output: stdout, refusal } = unframed;
  return { code, stdout, stderr: answer.stderr, ...(refusal && { refusal }) };
}

/** A lab with one machine of the portable shell, and a session on it. */
export interface Stage {
  readonly lab: SmallLab;
  readonly machine: SimulatedMachine;
  readonly reach: Reach;
  readonly client: Client;
  end(): Promise<void>;
}

export async function openStage(profile: Partial<MachineProfile> = {}): Promise<Stage> {
  const lab = new SmallLab();
  const machine = lab.install(profile);
  const reach = await Reach.open(lab, portableShell());
  const { distribution = 'debian', init = 'systemd' } = profile;
  const username = systems[systemOf({ ...profile, distribution, init })].user;
  const client = await reach.to(liveAddress, { username });
  return {
    lab,
    machine,
    reach,
    client,
    async end() {
      await reach.close();
      lab.remove();
    },
  };
}

/** Lets what runs on the machine go on for a moment of real time. */
export const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 150));
