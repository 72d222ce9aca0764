/** `nomad`: the server's own view; the same inside its container and outside. */
import type { Machine } from '../machine/machine';
import type { ApplianceCommand, CommandOutput } from '../shapes';
import { failed, modelOf, printed, table } from './model';

/** `nomad` on the machine itself, which talks to the server's port. */
export const nomad: ApplianceCommand = (machine, { args }) => {
  const model = modelOf(machine);
  return model.app.containers().includes('nomad')
    ? nomadInside(model, args)
    : failed(
        'Error querying servers: Get http://127.0.0.1:4646/v1/agent/members: ' +
          'dial tcp 127.0.0.1:4646: getsockopt: connection refused\n',
      );
};

/** `nomad` inside the container that runs. */
export function nomadInside(model: Machine, args: readonly string[]): CommandOutput {
  // Newer versions say `server members` for `server-members`.
  const verb = args.filter((word) => !word.startsWith('-')).join('-');
  switch (verb) {
    case 'server-members':
      return serverMembers(model);
    case 'node-status':
      return nodeStatus(model);
    case 'version':
      return printed('Nomad v0.5.6\n');
    default:
      return failed(`Usage: nomad [--version] [--help] <command> [args]\n`, 127);
  }
}

function serverMembers(model: Machine): CommandOutput {
  if (!model.nomad.hasLeader) {
    return failed('Error determining leaders: Unexpected response code: 500 (No cluster leader)\n');
  }
  const header = ['Name', 'Address', 'Port', 'Status', 'Leader', 'Protocol', 'Build'];
  const { privateAddress: address, hostname } = model;
  const row = [`${hostname}.global`, address, '4648', 'alive', 'true', '2', '0.5.6'];
  return printed(
    table([
      [...header, 'Datacenter', 'Region'],
      [...row, 'default', 'global'],
    ]),
  );
}

function nodeStatus(model: Machine): CommandOutput {
  if (!model.nomad.hasLeader) {
    return failed(
      'Error querying node status: Unexpected response code: 500 (No cluster leader)\n',
    );
  }
  const isNew = model.state.durable.nomadLayout === 'new';
  const eligibility = (text: string): string[] => (isNew ? [text] : []);
  const rows = model.nomad
    .clients()
    .map(({ id }, index) => [
      Buffer.from(id).toString('hex').slice(-8).padStart(8, '0'),
      'default',
      `ip-10-0-2-${String(index + 11)}`,
      'linux-64bit',
      'false',
      ...eligibility('eligible'),
      'ready',
    ]);
  const header = ['ID', 'DC', 'Name', 'Class', 'Drain', ...eligibility('Eligibility'), 'Status'];
  return printed(rows.length === 0 ? 'No nodes registered\n' : table([header, ...rows]));
}
