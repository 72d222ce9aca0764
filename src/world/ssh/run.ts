/**
 * One command over an open SSH connection.
 *
 * A command has ended only if its exit status *and* the end mark of its output arrived. Anything
 * less is "unknown": the command may have run to its end, or may still be running, so it is
 * neither a success nor a failure, and the caller must look at the machine.
 */
import { randomBytes } from 'node:crypto';
import type { ApplicationFailure } from '@temporalio/common';
import type { ClientChannel } from 'ssh2';
import { tryAgain } from '../../contract/failures';
import type { Command } from '../../machine/shell/commands';
import { innerSudoRefusal, knownObstacle, whyNothingRan } from '../../machine/login/logins';
import { waitSeconds } from '../../machine/shell/fence';
import { beginMark, render, unframe, type AtFence } from '../../machine/shell/quoting';
import { saidShortly } from '../../machine/text/said';
import { BoundedText } from './bounded-text';
import { MarkedText } from './marked-text';
import type { Link } from './dial';
import { fenceRefused } from './fence';
import { commandRefused, nameOf } from './failures';

/** What a command left behind. Long output has a line in its middle that tells what was left out. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Ending {
  /** Whether the host took the command at all. */
  readonly taken: 'yes' | 'no' | 'unknown';
  /** Whether the command printed its begin mark. */
  readonly hasBegun: boolean;
  readonly exitCode?: number;
  /** Whether the host has closed the channel: then all that it printed is here. */
  readonly isWhole: boolean;
  readonly why: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command is run: the longest wait for its begin, and how it stands to the fence. */
export interface Running {
  readonly beginSeconds: number;
  /** Absent: nobody is kept out, as for looks from outside of a run. */
  readonly at?: AtFence | undefined;
}

/**
 * Runs the command; fails with ConnectionLost when its outcome is unknown, and as `fenceRefused`
 * says where the machine's fence did not let it run.
 */
export async function runCommand(
  link: Link,
  command: Command,
  { beginSeconds, at }: Running,
): Promise<CommandResult> {
  const nonce = randomBytes(12).toString('hex');
  const line = render(command, nonce, at);
  // Twice at the fence: for a moment each, and in between for a command that runs.
  const wait = at === undefined ? 0 : waitSeconds + 60;
  const limits = { beginSeconds, endSeconds: command.timeoutSeconds + wait };
  const ending = await follow(link, { line, nonce, stdin: command.stdin ?? '', limits });
  if (ending.taken === 'no') throw notBegun(link, command, ending);
  if (!ending.hasBegun) throw notRun(link, command, ending);
  const framed = unframe(ending.stdout, nonce);
  if (ending.exitCode === undefined || framed === undefined) throw lost(link, command, ending);
  if (framed.refusal && at)
    throw fenceRefused(link.hop, { at, what: summary(command) }, framed.refusal);
  const refusal = framed.exitCode === 0 ? undefined : innerSudoRefusal(ending.stderr);
  if (refusal) throw commandRefused(link.hop, { what: summary(command) }, refusal);
  return { exitCode: framed.exitCode, stdout: framed.output, stderr: ending.stderr };
}

/**
 * What the host says to a session of this login. Asked only of a bastion that forwards nothing:
 * the account's own message is told to sessions alone.
 */
export async function overhear(link: Link): Promise<string> {
  const limits = { beginSeconds: 10, endSeconds: 10 };
  const { stdout, stderr } = await follow(link, { line: 'exit', nonce: '', stdin: '', limits });
  return `${stderr}\n${stdout}`;
}

/** What a session runs, and how long it may take. */
interface Session {
  readonly line: string;
  /** Of the begin mark; empty where there is none. */
  readonly nonce: string;
  readonly stdin: string;
  readonly limits: {
    /** Until the begin mark: the login shell, and a sudo that looks up names, come before it. */
    readonly beginSeconds: number;
    /** From there on. */
    readonly endSeconds: number;
  };
}

// A child in the background may keep the output open long after the command itself has ended.
const graceAfterExit = 2000;

/** A sudo inside of the command, as `replicatedctl` calls it, is as slow as the one before it. */
const sudosInside = 3;

/** First for the begin mark; its own time runs from there on. */
function startDeadline(
  { beginSeconds, endSeconds }: Session['limits'],
  end: (why: string) => void,
) {
  const start = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const endWithin = (seconds: number, what: string): void => {
    clearTimeout(timer);
    timer = setTimeout(end, seconds * 1000, `no ${what} within ${String(Math.round(seconds))} s`);
  };
  endWithin(beginSeconds, 'sign that it began');
  return {
    begun(): void {
      const waited = (performance.now() - start) / 1000;
      endWithin(endSeconds + sudosInside * waited, 'end');
    },
    clear(): void {
      clearTimeout(timer);
    },
  };
}

function follow(link: Link, { line, nonce, stdin, limits }: Session): Promise<Ending> {
  const output = new MarkedText(nonce === '' ? '' : beginMark(nonce));
  const stderr = new BoundedText();
  return new Promise((resolve) => {
    let taken: Ending['taken'] = 'unknown';
    let exitCode: number | undefined;
    let grace: NodeJS.Timeout | undefined;
    const settle = (why: string, isWhole = false): void => {
      deadline.clear();
      clearTimeout(grace);
      link.down.removeEventListener('abort', onDown);
      const { hasBegun } = output;
      const said = { stdout: output.toString(), stderr: stderr.toString() };
      resolve({ taken, hasBegun, exitCode, isWhole, why, ...said });
    };
    const onDown = (): void => {
      // With the exit status at hand only output is still on its way through the buffers.
      if (exitCode === undefined) settle(reasonOf(link.down));
    };
    const deadline = startDeadline(limits, (why) => {
      settle(why);
      link.close();
    });
    link.down.addEventListener('abort', onDown);
    const notTaken = (error: Error): void => {
      taken = 'no';
      settle(error.message);
    };
    const onTaken = (channel: ClientChannel): void => {
      taken = 'yes';
      let ended = 'the connection ended before the exit status';
      // Both streams are drained to the end: a full one blocks the command and holds back 'close'.
      channel.on('data', (chunk: Buffer) => {
        if (output.add(chunk)) deadline.begun();
      });
      channel.stderr.on('data', (chunk: Buffer) => {
        stderr.add(chunk);
      });
      channel.on('exit', (code: number | null, signal?: string) => {
        if (code === null) ended = `it was killed by ${signal ?? 'a signal'}`;
        else {
          exitCode = code;
          ended = 'its output has no end mark';
        }
        grace = setTimeout(settle, graceAfterExit, ended);
      });
      channel.on('error', () => undefined);
      channel.on('close', () => {
        settle(ended, true);
      });
      // One character is one byte: the content of a file must arrive as it was read.
      channel.end(Buffer.from(stdin, 'latin1'));
    };
    if (link.down.aborted) notTaken(new Error(reasonOf(link.down)));
    else exec(link, line, { taken: onTaken, notTaken });
  });
}

interface Answer {
  taken(channel: ClientChannel): void;
  notTaken(error: Error): void;
}

function exec(link: Link, line: string, answer: Answer): void {
  try {
    link.client.exec(line, (error, channel) => {
      if (!error) answer.taken(channel);
      // "No response" is not here: that command may run, and the broken link settles it.
      else if (/open failure|unable to exec/i.test(error.message)) answer.notTaken(error);
    });
  } catch (error) {
    answer.notTaken(error instanceof Error ? error : new Error(String(error)));
  }
}

function reasonOf(signal: AbortSignal): string {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason.message : String(reason);
}

function lost(link: Link, command: Command, ending: Ending): ApplicationFailure {
  return tryAgain(
    'ConnectionLost',
    `Whether "${summary(command)}" was done on the ${nameOf(link.hop)} is unknown: ${ending.why}. ` +
      `Look at the machine before you skip this step; a retry looks too.${said(command, ending)}`,
  );
}

/** The session ended without the begin mark; what it printed instead tells why. */
function notRun(link: Link, command: Command, ending: Ending): ApplicationFailure {
  const { user } = link.hop;
  const printed = `${ending.stderr}\n${ending.stdout}`;
  // An exit status of a session that is whole: something ran to its end, and it was not this.
  const hasEnded = ending.exitCode !== undefined && ending.isWhole;
  const obstacle = hasEnded ? whyNothingRan(printed, user) : knownObstacle(printed, user);
  if (obstacle === undefined) return lost(link, command, ending);
  const status = ending.exitCode === undefined ? '' : ` (status ${String(ending.exitCode)})`;
  return commandRefused(link.hop, { what: summary(command), status }, obstacle);
}

function notBegun(link: Link, command: Command, ending: Ending): ApplicationFailure {
  return tryAgain(
    'MachineUnreachable',
    `The ${nameOf(link.hop)} did not take "${summary(command)}": ${ending.why}. Nothing was run. ` +
      'Check the load and the MaxSessions of that host.',
  );
}

/** The first line of the script; arguments stay out of messages. */
function summary(command: Command): string {
  const [line = ''] = command.script.split('\n');
  return saidShortly(line, 100);
}

function said({ confidential }: Command, { stdout, stderr }: Ending): string {
  const text = (confidential ? stderr : `${stderr}\n${stdout}`).trim();
  return text === '' ? '' : ` It printed: ${saidShortly(text, 500)}`;
}
