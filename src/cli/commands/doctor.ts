/**
 * `runbook doctor`: whether a backup or a restore could run now. Read-only: AWS is asked by dry
 * runs, the machine by commands that change nothing.
 */
import type { Config, Installation } from '../../config';
import {
  readAppStatus,
  readHostname,
  readOsRelease,
  readReplicatedVersion,
  type Command,
} from '../../machine/commands';
import type { Ec2, Instance } from '../../world/ec2';
import type { Connection, SshTarget } from '../../world/ssh';
import { commandRow } from '../command-row';
import { readConfig } from '../configured';
import type { Finding } from '../doctor/check';
import { check, findingText } from '../doctor/check';
import { examineTemporal } from '../doctor/temporal-checks';
import { CliError, exitStatus, messageOf } from '../exit-status';

export const doctor = commandRow({
  usage: 'doctor [installation]',
  summary: 'check configuration, Temporal, AWS, bastion and machine; changes nothing',
  example: 'runbook doctor\nrunbook doctor prod',
  run: async ({ args, out }) => {
    const findings: Finding[] = [];
    const told = (found: readonly Finding[]): void => {
      for (const finding of found) out.line(findingText(finding, out.paint));
      findings.push(...found);
    };
    const config = await examineConfig(told);
    told(await examineTemporal());
    for (const [name, installation] of Object.entries(config?.installations ?? {})) {
      if (args[0] === undefined || args[0] === name) told(await examine(name, installation));
    }
    if (args[0] !== undefined && config && !config.installations[args[0]]) {
      throw new CliError('WrongUsage', `The configuration has no installation "${args[0]}".`);
    }
    const failed = findings.filter(({ level }) => level === 'FAIL').length;
    const warned = findings.filter(({ level }) => level === 'warn').length;
    out.result(`${String(failed)} failed, ${String(warned)} to look at`, { findings });
    return failed === 0 ? exitStatus.done : exitStatus.failed;
  },
});

async function examineConfig(
  told: (found: readonly Finding[]) => void,
): Promise<Config | undefined> {
  try {
    const config = await readConfig();
    const names = Object.keys(config.installations).join(', ');
    told([{ level: 'ok', what: `configuration: ${names}` }]);
    return config;
  } catch (error) {
    const todo = 'mend the file, or name another one with RUNBOOK_CONFIG';
    told([{ level: 'FAIL', what: `configuration: ${messageOf(error)}`, todo }]);
    return undefined;
  }
}

async function examine(name: string, installation: Installation): Promise<readonly Finding[]> {
  const { openEc2 } = await import('../../world/ec2.js');
  const ec2 = openEc2({ region: installation.region });
  const found = await findMachine(name, installation, ec2);
  if (!('instance' in found)) return [found];
  const { instance } = found;
  const machine = `${name}: Services machine`;
  return [
    { level: 'ok', what: `${machine}: ${instance.id} is ${instance.state}` },
    ...(await examinePermissions(name, ec2, { instance, installation })),
    ...(await examineSsh(name, installation, instance)),
  ];
}

async function findMachine(
  name: string,
  { servicesMachine }: Installation,
  ec2: Ec2,
): Promise<Finding | { readonly instance: Instance }> {
  const todo = 'see servicesMachine in the configuration, and the AWS credentials of this shell';
  let instance: Instance | undefined;
  const finding = await check(`${name}: finding the Services machine`, todo, async () => {
    const query =
      'instance' in servicesMachine
        ? { ids: [servicesMachine.instance] }
        : { tags: servicesMachine.tags };
    const running = (await ec2.instances(query)).filter(({ state }) => state !== 'terminated');
    if (running.length === 1) instance = running[0];
    const ids = running.map(({ id }) => id).join(', ') || 'none';
    return { level: 'FAIL', what: `${name}: the configuration fits not one machine: ${ids}`, todo };
  });
  return instance ? { instance } : finding;
}

async function examinePermissions(
  name: string,
  ec2: Ec2,
  { instance, installation }: { instance: Instance; installation: Installation },
): Promise<readonly Finding[]> {
  const { reachedBy } = installation;
  const { id: instanceId, imageId, ...rest } = instance;
  const launch = { ...rest, terminationProtection: false };
  const questions: [string, () => Promise<boolean>][] = [
    ['CreateImage', () => ec2.permitted('CreateImage', { instanceId })],
    ['CreateTags', () => ec2.permitted('CreateTags', { ids: [instanceId] })],
    ['RunInstances', () => ec2.permitted('RunInstances', { imageId, launch })],
  ];
  if ('elasticIp' in reachedBy) {
    const order = { allocationId: reachedBy.elasticIp, instanceId };
    questions.push(['AssociateAddress', () => ec2.permitted('AssociateAddress', order)]);
  }
  const todo = 'add it to the role of the worker: docs/operate/permissions.md has the policy';
  return await Promise.all(
    questions.map(async ([action, ask]) =>
      check(`${name}: ec2:${action} (dry run)`, todo, async () => {
        if (await ask()) return 'permitted';
        return { level: 'FAIL', what: `${name}: ec2:${action} is denied`, todo };
      }),
    ),
  );
}

async function examineSsh(
  name: string,
  { ssh: login }: Installation,
  instance: Instance,
): Promise<readonly Finding[]> {
  const { openSsh } = await import('../../world/ssh.js');
  const ssh = openSsh();
  const host = login.address === 'public' ? instance.publicAddress : instance.privateAddress;
  if (host === undefined) {
    const what = `${name}: ${instance.id} has no ${login.address} address`;
    return [{ level: 'FAIL', what, todo: 'see ssh.address in the configuration' }];
  }
  const target = targetOf(login, host);
  if (login.hostKeys.length === 0) {
    const todo = `compare with the console output of ${instance.id}, then add it to ssh.hostKeys`;
    const what = `${name}: host key of ${host}`;
    return [
      await check(what, 'see bastion and machine', async () => {
        const shown = await ssh.offeredHostKey(target);
        return { level: 'warn', what: `${what} is not pinned; it shows ${shown}`, todo };
      }),
    ];
  }
  let connection: Connection | undefined;
  const todo =
    'see ssh in the configuration (after a restore its hostKeys), security groups, and both sshd';
  const reached = await check(`${name}: SSH to ${login.user}@${host}`, todo, async () => {
    connection = await ssh.connect(target);
    return login.bastion ? 'logged in through the bastion, both keys pinned' : 'key pinned';
  });
  if (!connection) return [reached];
  try {
    return [reached, ...(await examineMachine(name, connection))];
  } finally {
    connection.close();
  }
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

function targetOf(login: Installation['ssh'], host: string): SshTarget {
  const { bastion } = login;
  return {
    host,
    port: login.port,
    user: login.user,
    pins: login.hostKeys,
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
