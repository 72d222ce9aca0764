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
import { tryAgain } from '../contract/failures';
import type { Command } from '../machine/commands';
import { render, unframe } from '../machine/quoting';
import { redact } from '../machine/redact';
import { BoundedText } from './bounded-text';
import type { Link } from './ssh-dial';
import { nameOf } from './ssh-failures';

/** What a command left behind. Long output has a line in its middle that tells what was left out. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Ending {
  /** Whether the host took the command at all. */
  readonly begun: 'yes' | 'no' | 'unknown';
  readonly exitCode?: number;
  readonly why: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command; fails with ConnectionLost when its outcome is unknown. */
export async function runCommand(link: Link, command: Command): Promise<CommandResult> {
  const nonce = randomBytes(12).toString('hex');
  const ending = await follow(link, render(command, nonce), command);
  if (ending.begun === 'no') throw notBegun(link, command, ending);
  const framed = unframe(ending.stdout, nonce);
  if (ending.exitCode === undefined || framed === undefined) throw lost(link, command, ending);
  return { exitCode: framed.exitCode, stdout: framed.output, stderr: ending.stderr };
}

// A child in the background may keep the output open long after the command itself has ended.
const graceAfterExit = 2000;

function follow(link: Link, line: string, command: Command): Promise<Ending> {
  const stdout = new BoundedText();
  const stderr = new BoundedText();
  return new Promise((resolve) => {
    let begun: Ending['begun'] = 'unknown';
    let exitCode: number | undefined;
    let grace: NodeJS.Timeout | undefined;
    const settle = (why: string): void => {
      clearTimeout(deadline);
      clearTimeout(grace);
      link.down.removeEventListener('abort', onDown);
      resolve({ begun, exitCode, why, stdout: stdout.toString(), stderr: stderr.toString() });
    };
    const onDown = (): void => {
      // With the exit status at hand only output is still on its way through the buffers.
      if (exitCode === undefined) settle(reasonOf(link.down));
    };
    const deadline = setTimeout(() => {
      settle(`no end within ${command.timeoutSeconds} s`);
      link.close();
    }, command.timeoutSeconds * 1000);
    link.down.addEventListener('abort', onDown);
    const notTaken = (error: Error): void => {
      begun = 'no';
      settle(error.message);
    };
    const taken = (channel: ClientChannel): void => {
      begun = 'yes';
      let ended = 'the connection ended before the exit status';
      // Both streams are drained to the end: a full one blocks the command and holds back 'close'.
      channel.on('data', (chunk: Buffer) => {
        stdout.add(chunk);
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
        settle(ended);
      });
      // One character is one byte: the content of a file must arrive as it was read.
      channel.end(Buffer.from(command.stdin ?? '', 'latin1'));
    };
    if (link.down.aborted) notTaken(new Error(reasonOf(link.down)));
    else exec(link, line, { taken, notTaken });
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
  return redact(line).slice(0, 100);
}

function said({ confidential }: Command, { stdout, stderr }: Ending): string {
  const text = redact(confidential ? stderr : `${stderr}\n${stdout}`).trim();
  return text === '' ? '' : ` It printed: ${text.slice(0, 500)}`;
}
