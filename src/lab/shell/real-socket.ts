/**
 * The lab's end of a sandbox's questions: one Unix socket for each machine, so that the lab knows
 * who asks. One JSON object a line each way; strings in it are hexadecimal.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Machine } from '../machine/machine';
import type { ApplianceCommand, CommandOutput } from '../shapes';

/** The commands of the appliance by name. */
export type Commands = Readonly<Record<string, ApplianceCommand>>;

/** Something that listens and can be told to stop. */
export interface Listening {
  close(): Promise<void>;
}

const maxQuestionBytes = 32 * 1024 * 1024;

const text = z
  .string()
  .regex(/^[0-9a-f]*$/)
  .transform((hex) => Buffer.from(hex, 'hex').toString('utf8'));

const question = z.discriminatedUnion('ask', [
  z.object({
    ask: z.literal('command'),
    name: text,
    args: z.array(text),
    stdin: text,
    tty: z.boolean(),
  }),
  z.object({ ask: z.literal('exec'), line: text, tty: z.boolean() }),
  z.object({ ask: z.literal('exec-end'), line: text }),
  z.object({ ask: z.literal('sudo') }),
  z.object({ ask: z.literal('sleep'), seconds: z.number().min(0) }),
]);

/** Listens at `lab.sock` in the folder for the programs of the machine's sandboxes. */
export async function listenFor(
  machine: Machine,
  commands: Commands,
  folder: string,
): Promise<Listening> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    hearQuestions(socket, (line) => answer(machine, commands, line));
  });
  // A socket's path holds 107 bytes; through the open folder it is short however deep that lies.
  const handle = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await listen(server, `/proc/self/fd/${String(handle)}/lab.sock`);
  } catch (error) {
    closeSync(handle);
    throw error;
  }
  return {
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      open.forEach((socket) => socket.destroy());
      await closed;
      closeSync(handle);
    },
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function hearQuestions(socket: Socket, reply: (line: string) => Promise<object>): void {
  let received = 0;
  socket.on('data', (chunk) => {
    received += chunk.length;
    if (received > maxQuestionBytes) {
      socket.destroy();
    }
  });
  // A program of the sandbox may be killed at any moment, with a question open.
  socket.on('error', () => socket.destroy());
  createInterface({ input: socket, crlfDelay: Infinity }).on('line', (line) => {
    reply(line).then(
      (object) => {
        if (!socket.destroyed) {
          socket.write(`${JSON.stringify(object)}\n`);
        }
      },
      () => socket.destroy(),
    );
  });
}

async function answer(machine: Machine, commands: Commands, line: string): Promise<object> {
  const asked = question.parse(JSON.parse(line));
  const { clock, atBarrier } = machine.surroundings;
  switch (asked.ask) {
    case 'exec':
      machine.note('command', asked.line, { tty: asked.tty });
      await atBarrier('exec', asked.line);
      return loginOf(machine);
    case 'exec-end':
      await atBarrier('exec-end', asked.line);
      return { lost: takeLostReply(machine) };
    case 'sudo': {
      const { sudoSeconds = 0, sudoAsksPassword } = machine.state.volatile.traps;
      // A clock that a test moves by hand would not end even a sleep of no time.
      if (sudoSeconds > 0) await clock.sleep(sudoSeconds);
      return { refused: sudoAsksPassword === true };
    }
    case 'sleep':
      await clock.sleep(asked.seconds);
      return {};
    case 'command': {
      const run = Object.hasOwn(commands, asked.name) ? commands[asked.name] : undefined;
      return encode(await (run?.(machine, asked) ?? notFound(asked.name)), asked.tty);
    }
  }
}

/** What the login gets instead of its command, if anything. */
function loginOf({ state }: Machine): object {
  const { loginSays } = state.volatile.traps;
  return loginSays === undefined ? {} : { says: Buffer.from(loginSays).toString('hex') };
}

function takeLostReply({ state }: Machine): boolean {
  const { traps } = state.volatile;
  const left = traps.loseReplies ?? 0;
  if (left > 0) {
    traps.loseReplies = left - 1;
    state.save();
  }
  return left > 0;
}

function encode({ stdout, stderr, exitCode }: CommandOutput, tty: boolean): object {
  // Commands print for a terminal as Docker does; the sandbox has a real one, which adds the CR.
  const bytes = Buffer.from(tty ? stdout.replaceAll('\r\n', '\n') : stdout);
  return { stdout: bytes.toString('hex'), stderr: Buffer.from(stderr).toString('hex'), exitCode };
}

function notFound(name: string): CommandOutput {
  return { stdout: '', stderr: `${name}: command not found\n`, exitCode: 127 };
}
