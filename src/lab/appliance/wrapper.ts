/**
 * `replicatedctl` and `replicated` as they lie in /usr/local/bin: wrappers around `docker exec`.
 * Whether the command inside gets a standard input depends on a terminal or on `-i` in front.
 */
import { noDaemon } from '../machine/docker-daemon';
import type { Machine } from '../machine/machine';
import type { ApplianceCommand, CommandInput, CommandOutput } from '../shapes';
import { runDevConsole } from './dev-console';
import { failed, modelOf } from './model';
import { runReplicated } from './replicated';
import { runReplicatedctl } from './replicatedctl';

/** `/usr/local/bin/replicatedctl`. */
export const replicatedctl: ApplianceCommand = (machine, input) =>
  wrap(modelOf(machine), input, ({ model, args }) => runReplicatedctl(model, args));

/** `/usr/local/bin/replicated`, the older command. */
export const replicated: ApplianceCommand = (machine, input) =>
  wrap(modelOf(machine), input, runOlder);

interface Inside {
  readonly model: Machine;
  readonly args: readonly string[];
  readonly stdin: string;
  readonly admin: boolean;
}

async function wrap(
  model: Machine,
  input: CommandInput,
  run: (inside: Inside) => CommandOutput | Promise<CommandOutput>,
): Promise<CommandOutput> {
  const { admin, interactive, tty, args } = eatLeadingWords(input);
  // The wrapper calls `sudo docker exec`, also where root calls it.
  const { rootNeedsTty, sudoSeconds = 0 } = model.state.volatile.traps;
  if (sudoSeconds > 0) await model.surroundings.clock.sleep(sudoSeconds);
  if (rootNeedsTty === true && !input.tty) {
    return failed('sudo: sorry, you must have a tty to run sudo\n');
  }
  if (model.docker.isDown) return failed(noDaemon);
  if (!model.units.isActive('replicated')) {
    return failed('Error: No such container: replicated\n');
  }
  if (!model.units.daemonAnswers()) {
    return failed(
      'Error: dial unix /var/run/replicated/replicated-cli.sock: connect: no such file or directory\n',
    );
  }
  const output = await run({ model, args, stdin: interactive ? input.stdin : '', admin });
  return tty ? asOnTerminal(output) : output;
}

/** The words that the wrapper keeps for itself, wherever they stand in front. */
function eatLeadingWords(input: CommandInput): {
  readonly admin: boolean;
  readonly interactive: boolean;
  readonly tty: boolean;
  readonly args: readonly string[];
} {
  const args = [...input.args];
  let admin = false;
  let noTty = false;
  let interactive: boolean | undefined;
  let tty: boolean | undefined;
  for (let word = args[0]; word !== undefined; word = args[0]) {
    const flag = /^(-i|--interactive|-t|--tty|-it|-ti)(?:=([01]))?$/.exec(word);
    if (word === 'admin') {
      admin = true;
    } else if (word === '--no-tty') {
      noTty = true;
    } else if (flag?.[1] !== undefined) {
      const on = flag[2] !== '0';
      interactive = /^(-i|--interactive|-ti)/.test(flag[1]) ? on : interactive;
      tty = /^(-t|--tty|-it)/.test(flag[1]) ? on : tty;
    } else {
      break;
    }
    args.shift();
  }
  const asked = interactive !== undefined || tty !== undefined;
  return {
    admin,
    interactive: asked ? interactive === true : input.tty,
    tty: input.tty && !noTty && (asked ? tty === true : true),
    args,
  };
}

/** A terminal merges the streams and ends lines with CR LF. */
function asOnTerminal({ stdout, stderr, exitCode }: CommandOutput): CommandOutput {
  return { stdout: (stdout + stderr).replace(/\r?\n/g, '\r\n'), stderr: '', exitCode };
}

function runOlder({ model, args, stdin, admin }: Inside): CommandOutput | Promise<CommandOutput> {
  const [verb = ''] = args;
  if (admin) {
    return verb === 'dev-console'
      ? runDevConsole(model, stdin)
      : failed(`Error: admin command "${verb}" not found\n`);
  }
  return runReplicated(model, args);
}
