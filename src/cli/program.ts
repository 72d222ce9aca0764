/** The command table, and the one place where a command's end becomes an exit status. */
import { Command } from 'commander';
import { visible } from '../contract/printable';
import type { AddCommand } from './command-row';
import { abort, approve, reject, retry, skip } from './commands/answers';
import { backup } from './commands/backup';
import { backups } from './commands/backups';
import { check } from './commands/check';
import { cleanUpBuilds } from './commands/clean-up-builds';
import { demo } from './commands/demo';
import { doctor } from './commands/doctor';
import { drill } from './commands/drill';
import { drills } from './commands/drills';
import { lab } from './commands/lab';
import { hold, unhold } from './commands/hold';
import { list } from './commands/list';
import { orphans } from './commands/orphans';
import { prune } from './commands/prune';
import { refreshSpare } from './commands/refresh-spare';
import { report } from './commands/report';
import { restore } from './commands/restore';
import { schedules } from './commands/schedules';
import { sheet } from './commands/sheet';
import { status } from './commands/status';
import { up } from './commands/up';
import { versions } from './commands/versions';
import { watch } from './commands/watch';
import { worker } from './commands/worker';
import type { ExitStatus } from './exit-status';
import { exitStatus, exitStatusHelp, messageOf, statusOf } from './exit-status';
import type { Terminal } from './output';
import { packageVersion } from './package';

const commands: readonly (readonly [heading: string, rows: readonly AddCommand[]])[] = [
  ['Run a runbook:', [backup, restore, drill, cleanUpBuilds, prune, refreshSpare, schedules]],
  ['Answer a run that waits:', [approve, reject, retry, skip, abort]],
  ['Keep backups:', [hold, unhold]],
  ['Look:', [status, list, backups, check, drills, orphans, sheet, report, doctor, watch]],
  ['Run the parts:', [up, worker, versions, lab, demo]],
];

/** Runs one command line (without `node` and the script) and returns its exit status. */
export async function runCommandLine(
  args: readonly string[],
  terminal: Terminal,
): Promise<ExitStatus> {
  let status: ExitStatus = exitStatus.done;
  const program = openProgram(terminal, (ended) => {
    status = ended;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return status;
  } catch (error) {
    if (isHelp(error)) return exitStatus.done;
    const failed = statusOf(error);
    tell({ error, status: failed, json: args.includes('--json') }, terminal);
    return failed;
  }
}

function openProgram(terminal: Terminal, ended: (status: ExitStatus) => void): Command {
  const program = new Command('runbook')
    .description('Backs up and restores the Services machine of CircleCI Server 2.x, on Temporal.')
    .version(packageVersion())
    .showHelpAfterError('(runbook --help, or runbook COMMAND --help, tells more)')
    .configureOutput({
      writeOut: terminal.out,
      writeErr: (text) => {
        terminal.err(visible(text));
      },
    })
    .addHelpText(
      'after',
      [
        '',
        exitStatusHelp,
        '',
        'Environment:',
        '  RUNBOOK_CONFIG       the configuration file (default: runbook.yaml)',
        '  RUNBOOK_TASK_QUEUE   the task queue of the worker (default: runbook)',
        '  RUNBOOK_VERSIONS     `off`: workers without versions (default: pinned)',
        '  TEMPORAL_ADDRESS …   the connection to Temporal, as its own tools read it',
        '  TEMPORAL_CLI         path of the Temporal CLI, for `up` and `demo`',
      ].join('\n'),
    )
    .exitOverride();
  for (const [heading, rows] of commands) {
    program.commandsGroup(heading);
    for (const add of rows) add(program, terminal, ended);
  }
  return program;
}

function isHelp(error: unknown): boolean {
  return (
    error instanceof Error &&
    'exitCode' in error &&
    error.exitCode === 0 &&
    error.name === 'CommanderError'
  );
}

interface Trouble {
  readonly error: unknown;
  readonly status: ExitStatus;
  readonly json: boolean;
}

function tell({ error, status, json }: Trouble, terminal: Terminal): void {
  const message = messageOf(error);
  if (json) {
    terminal.out(`${JSON.stringify({ error: { status, message } })}\n`);
    return;
  }
  // Commander has already printed its own.
  if (error instanceof Error && error.name === 'CommanderError') return;
  terminal.err(`${visible(message)}\n`);
}
