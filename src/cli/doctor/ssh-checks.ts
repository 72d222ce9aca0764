/** The doctor's look at bastion and machine: host keys, login, and commands that only read. */
import type { Installation } from '../../config';
import { readOsRelease, readReplicatedVersion, type Command } from '../../machine/shell/commands';
import { accountEnds, readAccountAges } from '../../machine/login/accounts';
import type { Instance } from '../../world/ec2';
import type { Connection, Ssh, SshTarget } from '../../world/ssh';
import type { Finding } from './check';
import { check, obstacleOf } from './check';
import { examinePlatform } from './platform-checks';

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
    const weak = login.sha1Keys.length > 0 ? '; runbook.yaml allows a proof by SHA-1' : '';
    const from = tagged === undefined ? 'ssh.hostKeys' : 'ssh.hostKeys or its tag';
    return `logged in${login.bastion ? ' through the bastion' : ''}, host key known from ${from}${weak}`;
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
    const { pin, isWeak } = await ssh.offeredHostKey(target);
    const proof = isWeak ? ', and can prove it by SHA-1 only' : '';
    const also = isWeak ? `${todo}, as { pin: '${pin}', sha1: true } if you take that proof` : todo;
    return { level: 'FAIL', what: `${what} is not pinned; it shows ${pin}${proof}`, todo: also };
  });
}

async function examineMachine(name: string, machine: Connection): Promise<readonly Finding[]> {
  const sudo = 'let the SSH user run `sudo -n` without a password';
  const begin = performance.now();
  const first = await answerOf(machine, readOsRelease);
  const findings = [await check(`${name}: sudo -n, /etc/os-release`, sudo, () => first())];
  // What keeps this command from running keeps the next ones, too.
  if (first.isBarred) return findings;
  findings.push(...aboutSpeed(name, performance.now() - begin));
  findings.push(...(await examineAccounts(name, machine)));
  const inner = await answerOf(machine, readReplicatedVersion);
  if (inner.isBarred) {
    return [...findings, await check(`${name}: sudo inside of replicatedctl`, sudo, () => inner())];
  }
  return [...findings, ...(await examinePlatform(name, machine))];
}

/** Runs the command; the answer is given when it is asked for, or the error thrown. */
async function answerOf(machine: Connection, command: Command) {
  const ran = await machine.run(command).then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  );
  // eslint-disable-next-line @typescript-eslint/require-await -- a thrown error is a rejection
  const answer = async (): Promise<string> => {
    if ('error' in ran) throw ran.error;
    const { exitCode, stdout, stderr } = ran.result;
    if (exitCode === 0) return oneLine(stdout);
    throw new Error(`status ${String(exitCode)}: ${oneLine(`${stderr} ${stdout}`)}`);
  };
  return Object.assign(answer, {
    isBarred: 'error' in ran && obstacleOf(ran.error) !== undefined,
  });
}

const slowSeconds = 5;

/** It is waited for, but a restore has some hundred commands. */
function aboutSpeed(name: string, milliseconds: number): readonly Finding[] {
  const seconds = milliseconds / 1000;
  if (seconds < slowSeconds) return [];
  const what = `${name}: sudo took ${seconds.toFixed(0)} s to begin a command`;
  const todo =
    "name the machine's own hostname in its /etc/hosts, or mend its DNS: sudo looks it up each time";
  return [{ level: 'warn', what, todo }];
}

/** An image keeps its accounts: one that expires later lets nobody in to a machine made of it. */
async function examineAccounts(name: string, machine: Connection): Promise<readonly Finding[]> {
  const what = `${name}: accounts of the login and of root`;
  const look = 'look at them with chage -l';
  const found = await check(what, look, async () => {
    const { exitCode, stdout, stderr } = await machine.run(readAccountAges);
    if (exitCode !== 0) throw new Error(oneLine(stderr));
    const ending = accountEnds(stdout);
    if (ending.length === 0) return 'do not expire';
    const each = ending.map(({ user, what: ends, on }) => `the ${ends} of ${user} ends on ${on}`);
    return {
      level: 'warn',
      what: `${what}: ${each.join(', ')}; a machine restored after that lets nobody in`,
      todo: ending.map(({ user }) => `chage -M -1 -E -1 ${user}`).join('; '),
    };
  });
  return [found.level === 'FAIL' ? { ...found, level: 'warn' } : found];
}

function targetOf(login: Installation['ssh'], host: string, pins: readonly string[]): SshTarget {
  const { bastion } = login;
  return {
    host,
    port: login.port,
    user: login.user,
    pins,
    sha1Pins: login.sha1Keys,
    credentials: { keyFile: login.key, agent: login.agent },
    ...(bastion === undefined
      ? {}
      : {
          bastion: {
            host: bastion.host,
            port: bastion.port,
            user: bastion.user,
            pins: bastion.hostKeys,
            sha1Pins: bastion.sha1Keys,
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
