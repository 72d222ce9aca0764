/**
 * `runbook doctor`: whether a backup or a restore could run now. Read-only: AWS is asked by dry
 * runs, the machine by commands that change nothing.
 */
import type { Config, Installation } from '../../config';
import { commandRow } from '../command-row';
import { readConfig } from '../configured';
import { examinePermissions, findMachine } from '../doctor/aws-checks';
import type { Finding } from '../doctor/check';
import { findingText } from '../doctor/check';
import { examineCircleci } from '../doctor/circleci-checks';
import { examineQuarantine } from '../doctor/quarantine-checks';
import { examineSsh } from '../doctor/ssh-checks';
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
    told(await examineTemporal(config));
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
  const [{ runningBuildsOf }, { openEc2 }, { openSsh }] = await Promise.all([
    import('../../world/circleci-api.js'),
    import('../../world/ec2/index.js'),
    import('../../world/ssh/index.js'),
  ]);
  const elsewhere = (installation.copies ?? []).map(({ region }) => ({
    region,
    ec2: openEc2({ region }),
  }));
  const patient = {
    name,
    installation,
    ec2: openEc2({ region: installation.region }),
    elsewhere,
  };
  const found = await findMachine(patient);
  if (!('instance' in found)) return [found];
  const { instance } = found;
  const what = `${name}: Services machine: ${instance.id} is ${instance.state}`;
  return [
    { level: 'ok', what },
    ...(await examinePermissions(patient, instance)),
    ...(await examineQuarantine(patient)),
    ...(await examineSsh({ name, login: installation.ssh, ssh: openSsh() }, instance)),
    ...(await examineCircleci(name, installation, runningBuildsOf)),
  ];
}
