/** `systemctl`, `service` and `systemd-run`, for the units of Replicated and transient timers. */
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { withoutKey, type Machine } from '../machine/machine';
import { maskPath, unitNames, type UnitName } from '../machine/units';
import type { ApplianceCommand, CommandOutput } from '../shapes';
import { serviceWithoutSystemd } from './jobs';
import { failed, modelOf, parseArguments, printed } from './model';

// Units of the system that a script may ask about; they always run.
const systemUnits = ['docker', 'ssh', 'sshd', 'cron'];

/** `systemctl VERB UNIT…`. */
export const systemctl: ApplianceCommand = (machine, { args }) => {
  const model = modelOf(machine);
  const { words } = parseArguments(args, ['-t', '--type', '-p', '--property']);
  const [verb = '', ...units] = words;
  if (/^(daemon-reload|reset-failed|enable|disable)$/.test(verb)) {
    return printed('');
  }
  if (verb === 'is-active') {
    return isActive(model, units);
  }
  if (verb === 'show') return joined(units.map((unit) => show(model, unit)));
  return joined(units.map((unit) => oneUnit(model, verb, unit)));
};

/** `systemctl show -p SubState UNIT.timer`; of a timer nothing else is known here. */
function show(model: Machine, unit: string): CommandOutput {
  return printed(`SubState=${subStateOf(model, bare(unit))}\n`);
}

function subStateOf({ state }: Machine, timer: string): 'waiting' | 'elapsed' | 'dead' {
  if (timer in state.volatile.timers) return 'waiting';
  return state.volatile.elapsed.includes(timer) ? 'elapsed' : 'dead';
}

function isActive(model: Machine, units: readonly string[]): CommandOutput {
  const states = units.map((unit) => stateOf(model, unit));
  const stdout = states.map((state) => `${state}\n`).join('');
  return { stdout, stderr: '', exitCode: states.includes('active') ? 0 : 3 };
}

function stateOf(model: Machine, unit: string): string {
  const name = bare(unit);
  if (unit.endsWith('.timer')) {
    return subStateOf(model, name) === 'dead' ? 'inactive' : 'active';
  }
  const known = knownUnit(name);
  return known === undefined ? stateOfSystem(model, name) : model.units.stateOf(known);
}

function stateOfSystem(model: Machine, name: string): string {
  if (name === 'docker' && model.docker.isDown) return 'failed';
  return systemUnits.includes(name) ? 'active' : 'inactive';
}

function oneUnit(model: Machine, verb: string, unit: string): CommandOutput {
  if (unit.endsWith('.timer')) {
    return verb === 'stop' ? stopTimer(model, unit) : notFound(verb, unit);
  }
  const name = knownUnit(bare(unit));
  if (bare(unit) === 'docker' && (verb === 'restart' || verb === 'start')) {
    return bringDockerUp(model, verb) ? printed('') : failedJob('docker');
  }
  if (name === undefined) {
    return notFound(verb, `${bare(unit)}.service`);
  }
  switch (verb) {
    case 'start':
      return start(model, name);
    case 'stop':
      model.units.stop(name);
      return printed('');
    case 'restart':
    case 'try-restart':
      model.units.stop(name);
      return start(model, name);
    case 'mask':
    case 'unmask':
      return setMask(model, name, verb === 'mask');
    case 'status':
      return printed(`● ${name}.service\n   Active: ${model.units.stateOf(name)}\n`);
    default:
      return failed(`Unknown operation '${verb}'.\n`);
  }
}

function start(model: Machine, name: UnitName): CommandOutput {
  const refusal = model.units.start(name);
  switch (refusal) {
    case undefined:
    case 'condition':
      return printed('');
    case 'masked':
      return failed(`Failed to start ${name}.service: Unit ${name}.service is masked.\n`);
    case 'no environment file':
      return failed(
        `Job for ${name}.service failed because of unavailable resources or another system ` +
          `error. See "systemctl status ${name}.service" and "journalctl -xe" for details.\n`,
      );
    case 'failed':
      return failedJob(name);
  }
}

function failedJob(name: string): CommandOutput {
  return failed(
    `Job for ${name}.service failed because the control process exited with error code. ` +
      `See "systemctl status ${name}.service" and "journalctl -xe" for details.\n`,
  );
}

/** Whether Docker runs afterwards; a start of one that runs changes nothing. */
function bringDockerUp(model: Machine, verb: string): boolean {
  if (verb === 'restart' || model.docker.isDown) model.restartDocker();
  return !model.docker.isDown;
}

function setMask(model: Machine, name: UnitName, masked: boolean): CommandOutput {
  const path = join(model.root, maskPath(name));
  rmSync(path, { force: true });
  if (masked) {
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync('/dev/null', path);
  }
  return printed('');
}

function stopTimer(model: Machine, unit: string): CommandOutput {
  const name = bare(unit);
  const { volatile } = model.state;
  if (subStateOf(model, name) === 'dead') {
    return failed(`Failed to stop ${unit}: Unit ${unit} not loaded.\n`, 5);
  }
  volatile.timers = withoutKey(volatile.timers, name);
  volatile.elapsed = volatile.elapsed.filter((one) => one !== name);
  model.agenda.cancel('timer', name);
  model.note('unit', `${unit} stopped`);
  return printed('');
}

/** `systemd-run --unit=NAME --on-active=SECONDS COMMAND…`: a timer that a reboot forgets. */
export const systemdRun: ApplianceCommand = (machine, { args }) => {
  const model = modelOf(machine);
  const first = args.findIndex((word) => !word.startsWith('-'));
  const { options } = parseArguments(first < 0 ? args : args.slice(0, first), []);
  const name = bare(options.get('--unit') ?? `run-${String(model.agenda.size)}`);
  const span = secondsOf(options.get('--on-active') ?? '');
  if (first < 0 || span === undefined) {
    return failed('Failed to parse timer value or command line.\n');
  }
  const { volatile } = model.state;
  if (subStateOf(model, name) !== 'dead') {
    return failed(`Failed to start transient timer unit: Unit ${name}.timer already exists.\n`);
  }
  volatile.timers[name] = args.slice(first);
  model.agenda.plan('timer', span, name);
  model.note('unit', `${name}.timer set: in ${String(span)} s ${args.slice(first).join(' ')}`);
  const said = `Running timer as unit ${name}.timer.\nWill run service as unit ${name}.service.\n`;
  return { stdout: '', stderr: said, exitCode: 0 };
};

function secondsOf(text: string): number | undefined {
  const match = /^(\d+)(s|sec|m|min|h)?$/.exec(text);
  const factor = { s: 1, sec: 1, m: 60, min: 60, h: 3600 }[match?.[2] ?? 's'];
  return match === null || factor === undefined ? undefined : Number(match[1]) * factor;
}

/** `service UNIT VERB`: systemd's own behind it, or what is there instead. */
export const service: ApplianceCommand = (machine, { args }) => {
  const model = modelOf(machine);
  const [unit = '', verb = ''] = args;
  if (model.state.durable.init === 'systemd') {
    return verb === 'status' ? isActive(model, [unit]) : oneUnit(model, verb, unit);
  }
  if (unit === 'docker' && (verb === 'restart' || verb === 'start')) {
    return bringDockerUp(model, verb)
      ? printed('docker start/running, process 1234\n')
      : failed(`${verb}: Job failed to start\n`);
  }
  return serviceWithoutSystemd(model, unit, verb);
};

function knownUnit(name: string): UnitName | undefined {
  return unitNames.find((known) => known === name);
}

function bare(unit: string): string {
  return unit.replace(/\.(service|timer)$/, '');
}

function notFound(verb: string, unit: string): CommandOutput {
  return failed(`Failed to ${verb} ${unit}: Unit ${unit} not found.\n`, 5);
}

function joined(outputs: readonly CommandOutput[]): CommandOutput {
  return {
    stdout: outputs.map(({ stdout }) => stdout).join(''),
    stderr: outputs.map(({ stderr }) => stderr).join(''),
    exitCode: outputs.find(({ exitCode }) => exitCode !== 0)?.exitCode ?? 0,
  };
}
