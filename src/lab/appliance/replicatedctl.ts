/**
 * `replicatedctl`, the command inside the daemon's container. The wrapper that people call is in
 * `wrapper.ts`.
 */
import type { Machine } from '../machine/machine';
import type { CommandOutput } from '../shapes';
import { appConfig } from './app-config';
import { refusedByAge } from './generations';
import { failed, parseArguments, printed, table, type ParsedArguments } from './model';
import { show } from './show';

const valued = [
  '-o',
  '--output',
  '--template',
  '--value',
  '--data',
  '--group',
  '--format',
  '--host',
];

/** Runs one `replicatedctl` command line. */
export function runReplicatedctl(machine: Machine, args: readonly string[]): CommandOutput {
  const parsed = parseArguments(args, valued);
  const [group = '', verb = ''] = parsed.words;
  const refused = refusedByAge(machine.state.durable.replicatedVersion, parsed);
  if (refused !== undefined) return refused;
  switch (group) {
    case 'app':
      return app(machine, verb, parsed);
    case 'app-config':
      return appConfig(machine, verb, parsed);
    case 'params':
      return verb === 'export' ? show(paramsOf(machine), parsed) : unknown(`params ${verb}`);
    case 'system':
      return verb === 'status' ? systemStatus(machine, parsed) : unknown(`system ${verb}`);
    case 'task':
      return verb === 'ls' ? listTasks(machine, parsed) : unknown(`task ${verb}`);
    case 'version':
      return version(machine, parsed);
    default:
      return unknown(group);
  }
}

/** The changes of the app's state that a daemon takes only while nothing is under way. */
const changes = ['stop', 'start', 'apply-config'];

function app(machine: Machine, verb: string, parsed: ParsedArguments): CommandOutput {
  const refusal = changes.includes(verb) ? machine.app.refusal() : undefined;
  if (refusal !== undefined) {
    machine.note('app', `app ${verb} is refused: ${refusal}`);
    return failed(`Error: ${refusal}\n`);
  }
  switch (verb) {
    case 'status':
      return appStatus(machine, parsed);
    case 'inspect':
      return show([appOf(machine)], parsed);
    case 'stop':
      machine.app.stop(parsed.options.has('--force') || parsed.options.has('-f'));
      return task(machine, 'app stop', parsed);
    case 'start':
      machine.app.start();
      return task(machine, 'app start', parsed);
    case 'apply-config':
      machine.app.start();
      return task(machine, 'app apply-config', parsed);
    default:
      return unknown(`app ${verb}`);
  }
}

/** ID and Name are published; that there is a version, and its name, are the lab's own. */
function appOf({ state: { durable } }: Machine): Record<string, string> {
  return { ID: durable.app.id, Name: 'CircleCI Server', Version: durable.serverVersion };
}

function appStatus(machine: Machine, parsed: ParsedArguments): CommandOutput {
  const { durable, volatile } = machine.state;
  if (volatile.traps.appStatusOutput !== undefined) {
    return printed(volatile.traps.appStatusOutput);
  }
  const view = machine.app.view();
  const status = {
    AppID: durable.app.id,
    Sequence: durable.app.sequence,
    State: view.state,
    DesiredState: view.desiredState,
    Error: view.error,
    IsCancellable: false,
    IsTransitioning: view.transitioning,
    LastModifiedAt: durable.app.lastModifiedAt,
  };
  return show([status], parsed);
}

function paramsOf(machine: Machine): Record<string, unknown> {
  return {
    AppUpdateCheckSchedule: '',
    Airgap: false,
    AirgapPackagePath: '',
    HttpProxy: '',
    HttpProxyDisabled: false,
    LocalAddress: machine.units.localAddress() ?? '',
    TLSBootstrapCert: '',
    TLSBootstrapHostname: machine.state.durable.config['hostname']?.value ?? '',
    TLSBootstrapKey: '',
    TLSBootstrapType: 'self-signed',
  };
}

function systemStatus(machine: Machine, parsed: ParsedArguments): CommandOutput {
  const state = machine.units.daemonIsReady() ? 'ready' : 'initializing';
  return isQuiet(parsed)
    ? printed(`${state}\n`)
    : show({ Replicated: state, Retraced: state }, parsed);
}

function version(machine: Machine, parsed: ParsedArguments): CommandOutput {
  const { replicatedVersion } = machine.state.durable;
  return printed(
    isQuiet(parsed)
      ? `${replicatedVersion}\n`
      : `Replicated version ${replicatedVersion} (git="37ae9d0", date="2019-08-20T17:22:58Z")\n`,
  );
}

function task(machine: Machine, verb: string, parsed: ParsedArguments): CommandOutput {
  const { volatile } = machine.state;
  const number = String(volatile.tasks.length + 1);
  const began = new Date(machine.surroundings.clock.now()).toISOString();
  const id = `${machine.instanceId.slice(-8)}${number.padStart(4, '0')}`;
  volatile.tasks = [...volatile.tasks.slice(-50), { id, verb, began }];
  machine.state.save();
  return isQuiet(parsed) ? printed(`${id}\n`) : printed('');
}

function listTasks(machine: Machine, parsed: ParsedArguments): CommandOutput {
  const { tasks } = machine.state.volatile;
  return printed(
    isQuiet(parsed)
      ? tasks.map(({ id }) => `${id}\n`).join('')
      : table([
          ['ID', 'NAME', 'STARTED'],
          ...tasks.map(({ id, verb, began }) => [id, verb, began]),
        ]),
  );
}

function isQuiet({ options }: ParsedArguments): boolean {
  return options.has('-q') || options.has('--quiet');
}

function unknown(command: string): CommandOutput {
  return failed(`Error: unknown command "${command.trim()}" for "replicatedctl"\n`);
}
