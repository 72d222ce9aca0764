/** `docker`: the containers of the machine, and commands inside a few of them. */
import type { Machine } from '../machine/machine';
import type { ApplianceCommand, CommandInput, CommandOutput } from '../shapes';
import { failed, modelOf, parseArguments, printed, table } from './model';
import { nomadInside } from './nomad';
import { runReplicatedctl } from './replicatedctl';
import { renderTemplate } from './template';

/** `docker ps`, `docker exec` and `docker inspect`. */
export const docker: ApplianceCommand = (machine, input) => {
  const model = modelOf(machine);
  const [verb = '', ...rest] = input.args;
  switch (verb) {
    case 'ps':
      return listContainers(model, rest);
    case 'exec':
      return execInside(model, { ...input, args: rest });
    case 'inspect':
      return inspectContainer(model, rest);
    default:
      return failed(`docker: '${verb}' is not a docker command.\nSee 'docker --help'\n`);
  }
};

function imageOf(model: Machine, name: string): string {
  return /^(replicated|retraced)/.test(name)
    ? `quay.io/replicated/${name}:current`
    : `${model.state.durable.imagesAddress}:9874/circleci-${name}:0.1.203321-501fada`;
}

function listContainers(model: Machine, args: readonly string[]): CommandOutput {
  const { options } = parseArguments(args, ['--format', '--filter', '-f']);
  const rows = model.containers().map((name) => ({
    ID: Buffer.from(name).toString('hex').padEnd(12, '0').slice(0, 12),
    Names: name,
    Image: imageOf(model, name),
    Status: 'Up 2 hours',
  }));
  const filter = options.get('--filter') ?? options.get('-f');
  const wanted = filter?.startsWith('name=') === true ? filter.slice('name='.length) : '';
  const shown = rows.filter(({ Names }) => new RegExp(wanted).test(Names));
  const format = options.get('--format');
  if (format !== undefined) {
    return printed(shown.map((row) => `${renderTemplate(format, row)}\n`).join(''));
  }
  const cells = shown.map(({ ID, Image, Status, Names }) => [ID, Image, Status, Names]);
  return printed(table([['CONTAINER ID', 'IMAGE', 'STATUS', 'NAMES'], ...cells]));
}

function inspectContainer(model: Machine, args: readonly string[]): CommandOutput {
  const { words, options } = parseArguments(args, ['--format', '-f']);
  const [name = ''] = words;
  if (!model.containers().includes(name)) {
    return failed(`Error: No such object: ${name}\n`);
  }
  const data = { Name: `/${name}`, State: { Running: true, Status: 'running' } };
  const format = options.get('--format') ?? options.get('-f');
  return printed(
    format === undefined
      ? `${JSON.stringify([data], undefined, 4)}\n`
      : `${renderTemplate(format, data)}\n`,
  );
}

function execInside(model: Machine, input: CommandInput): CommandOutput {
  const start = input.args.findIndex((word) => !word.startsWith('-'));
  const [name = '', command = '', ...rest] = start < 0 ? [] : input.args.slice(start);
  if (!model.containers().includes(name)) {
    return failed(`Error: No such container: ${name}\n`);
  }
  if (command === 'printenv') {
    return printenv(model, name, rest[0] ?? '');
  }
  if (name === 'nomad' && command === 'nomad') {
    return nomadInside(model, rest);
  }
  if (name === 'replicated' && command === 'replicatedctl') {
    return runReplicatedctl(model, rest);
  }
  return failed(
    `OCI runtime exec failed: exec failed: container_linux.go:345: starting container process ` +
      `caused "exec: \\"${command}\\": executable file not found in $PATH": unknown\n`,
    126,
  );
}

function printenv(model: Machine, container: string, variable: string): CommandOutput {
  const units = model.units;
  const operator = units.environmentOf('replicated-operator');
  const variables: Readonly<Record<string, Readonly<Record<string, string | undefined>>>> = {
    replicated: { LOCAL_ADDRESS: units.localAddress() },
    'replicated-ui': { LOCAL_ADDRESS: units.environmentOf('replicated-ui')['PRIVATE_ADDRESS'] },
    'replicated-operator': {
      ...operator,
      ...optionsOf(operator['REPLICATED_OPERATOR_OPTS'] ?? ''),
      NO_PROXY: operator['DAEMON_HOST'],
    },
  };
  const value = variables[container]?.[variable];
  return value === undefined ? failed('') : printed(`${value}\n`);
}

/** What `-e NAME=VALUE` among the options of a container sets there. */
function optionsOf(options: string): Record<string, string> {
  const settings = options.matchAll(/-e (\w+)=(\S*)/g);
  return Object.fromEntries([...settings].map(([, name = '', value = '']) => [name, value]));
}
