/**
 * `replicated`, the older command inside the daemon's container. Its words are those of the
 * vendor's published scripts and pages; the rest of its texts is the lab's own.
 */
import type { Machine } from '../machine/machine';
import type { CommandOutput } from '../shapes';
import { failed, printed, table } from './model';

/** Runs one `replicated` command line. */
export function runReplicated(machine: Machine, args: readonly string[]): CommandOutput {
  const [verb = '', ...rest] = args;
  if (/^--?version$/.test(verb)) {
    const { replicatedVersion } = machine.state.durable;
    return printed(`Replicated version ${replicatedVersion} (git="37ae9d0")\n`);
  }
  if (verb !== 'status' && machine.state.volatile.traps.consoleWantsLogin === true) {
    return printed('Error: You are not logged in.\n');
  }
  switch (verb) {
    case 'status':
      return printed(machine.units.daemonIsReady() ? 'replicated started\n' : 'starting\n');
    case 'apps':
      return printed(apps(machine));
    case 'app':
      return app(machine, rest);
    case 'nodes':
      return printed(nodes(machine));
    default:
      return failed(`Error: unknown command "${verb}" for "replicated"\n`);
  }
}

/** Columns stand five blanks or more apart; an earlier release of the app is a row of its own. */
function apps(machine: Machine): string {
  const { id, sequence } = machine.state.durable.app;
  const { RunStatus: status } = statusOf(machine);
  return [
    ['ID', 'NAME', 'STATUS', 'SEQUENCE'],
    [id, 'CircleCI Server', status, String(sequence)],
    [id, 'CircleCI Server', 'Inactive', String(sequence - 7)],
  ]
    .map(([one = '', name = '', state = '', number = '']) =>
      `${one.padEnd(37)}${name.padEnd(20)}${state.padEnd(13)}${number}`.trimEnd(),
    )
    .join('\n')
    .concat('\n');
}

function app(machine: Machine, [id = '', verb = '', ...flags]: readonly string[]): CommandOutput {
  if (id !== machine.state.durable.app.id) {
    return failed(`Error: app ${id} not found\n`);
  }
  switch (verb) {
    case '':
      return printed(`${JSON.stringify(statusOf(machine), undefined, 2)}\n`);
    case 'status':
      return printed(`${statusOf(machine).RunStatus}\n`);
    case 'settings':
      return printed(`${JSON.stringify(settings(machine), undefined, 2)}\n`);
    case 'start':
      machine.app.start();
      return printed('');
    case 'stop':
      machine.app.stop(flags.includes('-f'));
      return printed('');
    default:
      return failed(`Error: unknown command "${verb}"\n`);
  }
}

function statusOf(machine: Machine) {
  const { durable } = machine.state;
  const { state, desiredState, transitioning, error } = machine.app.view();
  const starts = transitioning && desiredState === 'started';
  const word = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
  return {
    ID: durable.app.id,
    Name: 'CircleCI Server',
    Version: durable.serverVersion,
    Sequence: durable.app.sequence,
    RunStatus: starts ? 'Starting' : word(state),
    RunStatusNext: word(desiredState),
    IsStartInProgress: starts,
    ...(error === '' ? {} : { Error: error }),
  };
}

/** With its secrets: the real export is for automated installations. */
function settings(machine: Machine): Record<string, object> {
  const items = Object.entries(machine.state.durable.config);
  return Object.fromEntries(
    items.map(([name, { value, data }]) => [
      name,
      { ...(value === undefined ? {} : { value }), ...(data === undefined ? {} : { data }) },
    ]),
  );
}

function nodes(machine: Machine): string {
  const { privateAddress, publicAddress = '' } = machine;
  const isConnected = machine.units.operatorDials() === privateAddress;
  return table([
    ['ID', 'PRIVATE ADDRESS', 'PUBLIC ADDRESS', 'CONNECTED'],
    ['c2b4118080d64cd070a1dd08cf19a9a8', privateAddress, publicAddress, String(isConnected)],
  ]);
}
