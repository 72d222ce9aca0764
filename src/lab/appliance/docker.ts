/** `docker`: the containers of the machine, and commands inside a few of them. */
import { createHash } from 'node:crypto';
import { appContainers, daemonContainers, shownName } from '../machine/containers';
import { noDaemon } from '../machine/docker-daemon';
import type { Machine } from '../machine/machine';
import { unitNames } from '../machine/units';
import { askDatabase } from './databases';
import type { ApplianceCommand, CommandInput, CommandOutput } from '../shapes';
import { failed, modelOf, parseArguments, printed, table } from './model';
import { nomadInside } from './nomad';
import { runReplicatedctl } from './replicatedctl';
import { renderTemplate } from './template';

/** `docker ps`, `docker exec` and `docker inspect`. */
export const docker: ApplianceCommand = (machine, input) => {
  const model = modelOf(machine);
  const [verb = '', ...rest] = input.args;
  if (model.docker.isDown && !verb.startsWith('-')) return failed(noDaemon);
  switch (verb) {
    case '--version':
    case '-v':
      return printed('Docker version 18.09.9, build 039a7df9ba\n');
    case 'ps':
      return listContainers(model, rest);
    case 'exec':
      return execInside(model, { ...input, args: rest });
    case 'images':
      return listImages(model);
    case 'inspect':
      return inspectContainer(model, rest);
    case 'info':
      return printed(
        'Containers: 41\nStorage Driver: overlay2\nDocker Root Dir: /var/lib/docker\n',
      );
    default:
      return failed(`docker: '${verb}' is not a docker command.\nSee 'docker --help'\n`);
  }
};

interface Row {
  readonly ID: string;
  readonly Names: string;
  readonly Image: string;
  readonly Status: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Mounts: readonly { readonly Source: string }[];
}

/** A container as Replicated makes it, with its labels; one of somebody else has none. */
function rowOf(model: Machine, name: string): Row {
  const { imagesAddress, withoutLabels, app, foreignContainers } = model.state.durable;
  const isForeign = foreignContainers.includes(name);
  const isReplicated = !isForeign && /^(replicated|retraced)/.test(name);
  const labels: Record<string, string> = isReplicated
    ? { owner: 'replicated' }
    : { 'com.replicated.app.id': app.id };
  const registry = `${imagesAddress}:9874`;
  const image = isReplicated
    ? `quay.io/replicated/${name}:current`
    : `${registry}/circleci-${name}:0.1.203321-501fada`;
  return {
    ID: createHash('sha256').update(name).digest('hex').slice(0, 12),
    Names: isForeign ? name : shownName(name),
    Image: isForeign ? `${name}:latest` : image,
    Status: 'Up 2 hours',
    Labels: isForeign || withoutLabels ? {} : labels,
    Mounts: !isForeign && name === 'nomad' ? [{ Source: '/opt/nomad' }] : [],
  };
}

/** Repositories only, as `--format '{{.Repository}}'` prints them. */
function listImages(model: Machine): CommandOutput {
  const names = ['frontend', 'nomad', 'replicated'];
  const repositories = names.map((name) => rowOf(model, name).Image.replace(/:[^:/]*$/, ''));
  return printed(repositories.map((repository) => `${repository}\n`).join(''));
}

/** Also those that have ended: an image carries every container that was there. */
function allContainers(model: Machine): string[] {
  return [...new Set([...model.containers(), ...appContainers, ...unitNames, ...daemonContainers])];
}

/** `name=PATTERN`, `label=NAME` or `label=NAME=VALUE`. */
function passes({ Names, Labels }: Row, filter: string): boolean {
  const [kind, name = '', value] = filter.split('=');
  if (kind === 'name') return new RegExp(name).test(Names);
  if (kind !== 'label') return true;
  return value === undefined ? name in Labels : Labels[name] === value;
}

function listContainers(model: Machine, args: readonly string[]): CommandOutput {
  const { options } = parseArguments(args, ['--format', '--filter', '-f']);
  const short = [...options.keys()].filter((word) => /^-[a-z]+$/.test(word)).join('');
  const names = short.includes('a') ? allContainers(model) : model.containers();
  const filter = options.get('--filter') ?? options.get('-f') ?? '';
  const shown = names.map((name) => rowOf(model, name)).filter((row) => passes(row, filter));
  if (short.includes('q') || options.has('--quiet')) {
    return printed(shown.map(({ ID }) => `${ID}\n`).join(''));
  }
  const format = options.get('--format');
  if (format !== undefined) {
    return printed(shown.map((row) => `${renderRow(format, row)}\n`).join(''));
  }
  const cells = shown.map(({ ID, Image, Status, Names }) => [ID, Image, Status, Names]);
  return printed(table([['CONTAINER ID', 'IMAGE', 'STATUS', 'NAMES'], ...cells]));
}

/** `.Label "name"` is a method of docker's rows; one that is not set is empty. */
function renderRow(format: string, row: Row): string {
  const filled = format.replace(/\{\{\s*\.Label "([^"]*)"\s*\}\}/g, (_, label: string) => {
    return row.Labels[label] ?? '';
  });
  return renderTemplate(filled, row);
}

function inspectContainer(model: Machine, args: readonly string[]): CommandOutput {
  const { words, options } = parseArguments(args, ['--format', '-f']);
  const rows = model.containers().map((name) => rowOf(model, name));
  const format = options.get('--format') ?? options.get('-f');
  const found = words.map((word) => rows.find(({ ID, Names }) => ID === word || Names === word));
  const missing = words.find((_, index) => found[index] === undefined);
  const data = found.flatMap((row) =>
    row === undefined
      ? []
      : [
          {
            Name: `/${row.Names}`,
            State: { Running: true, Status: 'running' },
            Mounts: row.Mounts,
          },
        ],
  );
  const stdout =
    format === undefined
      ? `${JSON.stringify(data, undefined, 4)}\n`
      : data.map((one) => `${renderTemplate(format, one)}\n`).join('');
  return missing === undefined
    ? printed(stdout)
    : { stdout, stderr: `Error: No such object: ${missing}\n`, exitCode: 1 };
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
  const answer = askDatabase(model, name, [command, ...rest]);
  if (answer !== undefined) {
    return answer;
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
