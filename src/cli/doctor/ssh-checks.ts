/** The doctor's look at bastion and machine: host keys, login, and commands that only read. */
import type { Installation } from '../../config';
import {
  readAppStatus,
  readHostname,
  readOsRelease,
  readReplicatedVersion,
  type Command,
} from '../../machine/commands';
import type { Instance } from '../../world/ec2';
import type { Connection, Ssh, SshTarget } from '../../world/ssh';
import type { Finding } from './check';
import { check } from './check';

/** Whose machine is looked at, and by which way. */
export interface Visit {
  readonly name: string;
  readonly login: Installation['ssh'];
  readonly ssh: Ssh;
}

/** Logs in as the worker would and asks the machine what it is. */
export async function examineSsh(visit: Visit, instance: Instance): Promise<readonly Finding[]> {
  const { name, login, ssh } = visit;
  const host = login.address === 'public' ? instance.publicAddress : instance.privateAddress;
  if (host === undefined) {
    const what = `${name}: ${instance.id} has no ${login.address} address`;
    return [{ level: 'FAIL', what, todo: 'see ssh.address in the configuration' }];
  }
  // A restore tags the machine with the key that was confirmed for it.
  const tagged = instance.tags['runbook:host-key'];
  const pins = [...login.hostKeys, ...(tagged === undefined ? [] : [tagged])];
  const target = targetOf(login, host, pins);
  if (pins.length === 0) return [await examineUnpinned(visit, instance, target)];
  let connection: Connection | undefined;
  const todo = 'see ssh in the configuration (also its hostKeys), security groups, and both sshd';
  const reached = await check(`${name}: SSH to ${login.user}@${host}`, todo, async () => {
    connection = await ssh.connect(target);
    const from = tagged === undefined ? 'ssh.hostKeys' : 'ssh.hostKeys or its tag';
    return `logged in${login.bastion ? ' through the bastion' : ''}, host key known from ${from}`;
  });
  if (!connection) return [reached];
  try {
    return [reached, ...(await examineMachine(name, connection))];
  } finally {
    connection.close();
  }
}

/** Without a known key a backup that nobody watches records nothing of the machine. */
async function examineUnpinned(
  { name, ssh }: Visit,
  { id }: Instance,
  target: SshTarget,
): Promise<Finding> {
  const what = `${name}: host key of ${target.host}`;
  const todo = `compare it with the console output of ${id}, then add it to ssh.hostKeys`;
  return await check(what, 'see bastion, security groups and sshd of the machine', async () => {
    const shown = await ssh.offeredHostKey(target);
    return { level: 'FAIL', what: `${what} is not pinned; it shows ${shown}`, todo };
  });
}

async function examineMachine(name: string, machine: Connection): Promise<readonly Finding[]> {
  const sudo = 'let the SSH user run `sudo -n` without a password';
  const notOurs = 'see servicesMachine: this is no Services machine, or Replicated is down';
  const questions: [string, Command, string][] = [
    ['sudo -n, /etc/os-release', readOsRelease, sudo],
    ['Replicated version', readReplicatedVersion, notOurs],
    ['app status', readAppStatus, notOurs],
    ['hostname of the app', readHostname, notOurs],
  ];
  const findings: Finding[] = [];
  for (const [what, command, todo] of questions) {
    findings.push(
      await check(`${name}: ${what}`, todo, async () => {
        const { exitCode, stdout, stderr } = await machine.run(command);
        if (exitCode === 0) return oneLine(stdout);
        throw new Error(`status ${String(exitCode)}: ${oneLine(`${stderr} ${stdout}`)}`);
      }),
    );
  }
  return findings;
}

function targetOf(login: Installation['ssh'], host: string, pins: readonly string[]): SshTarget {
  const { bastion } = login;
  return {
    host,
    port: login.port,
    user: login.user,
    pins,
    credentials: { keyFile: login.key, agent: login.agent },
    ...(bastion === undefined
      ? {}
      : {
          bastion: {
            host: bastion.host,
            port: bastion.port,
            user: bastion.user,
            pins: bastion.hostKeys,
            keyFile: bastion.key,
            agent: bastion.agent,
          },
        }),
  };
}

function oneLine(text: string): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  return flat.length > 80 ? `${flat.slice(0, 79)}…` : flat;
}
