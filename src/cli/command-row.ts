/** One row of the command table: how a command is called, what it does, an example of it. */
import type { Command } from 'commander';
import type { ExitStatus } from './exit-status';
import type { Output, Terminal } from './output';
import { openOutput } from './output';

/** Takes a command into the program; `ended` hears its exit status. */
export type AddCommand = (
  program: Command,
  terminal: Terminal,
  ended: (status: ExitStatus) => void,
) => void;

/** What a command is given when it is called. */
export interface Call<Options> {
  readonly args: readonly string[];
  readonly options: Options;
  readonly out: Output;
}

interface Row<Options> {
  /** As commander reads it: `restore <installation>`. */
  readonly usage: string;
  readonly summary: string;
  /** Lines below the options: at least one real call. */
  readonly example: string;
  readonly options?: readonly (readonly [flags: string, description: string])[];
  readonly run: (call: Call<Options>) => Promise<ExitStatus>;
}

/** Makes a row of the table; every command takes `--json`. */
export function commandRow<Options extends object>(row: Row<Options>): AddCommand {
  return (program, terminal, ended) => {
    const command = program.command(row.usage).description(row.summary);
    for (const [flags, description] of row.options ?? []) command.option(flags, description);
    command
      .option('--json', 'one JSON object on standard output; progress goes to standard error')
      .addHelpText('after', `\nExample:\n${indented(row.example)}`)
      .action(async () => {
        const options = command.opts<Options & { json?: boolean }>();
        const out = openOutput(terminal, options.json === true);
        const args = command.args.slice();
        ended(await row.run({ args, options, out }));
      });
  };
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
