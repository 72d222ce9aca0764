/** A script that runs in a machine's sandbox without a connection, as init runs it. */
import { Duplex } from 'node:stream';
import type { CommandOutput } from '../shapes';

// The sandbox ends only with what the script left behind, so its end is a line of its own.
const wrapper = '/bin/bash -c "$1" boothook 2>&1; printf "\\n[boothook: %s]\\n" "$?"';
const lastLine = /\n\[boothook: (\d+)\]\n$/;

/** The arguments of `bwrap` for the script, made from those for a connection. */
export function scriptArguments(
  args: readonly string[],
  { path, script }: { readonly path: string; readonly script: string },
): string[] {
  const sandbox = args.slice(0, args.indexOf('/lab/init') + 1);
  const program = ['/usr/bin/env', `PATH=${path}`, '/bin/bash', '-c', wrapper, 'boothook', script];
  return [...sandbox, ...program];
}

/** A connection with nobody at its other end, and what the script has printed into it. */
export function scriptConnection(): {
  readonly connection: Duplex;
  readonly output: Promise<CommandOutput>;
} {
  let text = '';
  let end: (output: CommandOutput) => void = () => undefined;
  const output = new Promise<CommandOutput>((resolve) => {
    end = resolve;
  });
  const connection = new Duplex({
    read() {
      this.push(null);
    },
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      const ended = lastLine.exec(text);
      if (ended !== null) {
        end({ stdout: text.slice(0, ended.index), stderr: '', exitCode: Number(ended[1]) });
      }
      done();
    },
  });
  connection.once('close', () => {
    end({ stdout: text, stderr: '', exitCode: 137 });
  });
  return { connection, output };
}
