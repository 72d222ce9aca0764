/** `runbook up`: Temporal's development server with its UI, in the foreground. */
import { join } from 'node:path';
import { commandRow } from '../command-row';
import { CliError, exitStatus } from '../exit-status';
import { stateFolder } from '../package';
import { uninterrupted, untilInterrupted } from '../interrupt';
import { startTemporal } from '../temporal/dev-server';
import { findTemporalCli } from '../temporal/find-cli';

interface UpOptions {
  readonly port: string;
  readonly uiPort: string;
  readonly dbFile?: string;
}

export const up = commandRow<Partial<UpOptions>>({
  usage: 'up',
  summary: "run Temporal's development server with its UI, until Ctrl-C",
  options: [
    ['--port <n>', 'port of the server (default: 7233)'],
    ['--ui-port <n>', 'port of the UI (default: 8233)'],
    ['--db-file <path>', "database (default: in the user's state folder)"],
  ],
  example: 'runbook up\nrunbook up --port 7234 --ui-port 8234 --db-file ./temporal.db',
  run: async ({ options, out }) => {
    const dbFile = options.dbFile ?? join(stateFolder(process.env), 'temporal.db');
    const port = portOf('--port', options.port ?? '7233');
    const uiPort = portOf('--ui-port', options.uiPort ?? '8233');
    const say = (text: string): void => {
      out.line(text);
    };
    const cliPath = await findTemporalCli({ say });
    const logFile = `${dbFile}.log`;
    const server = await startTemporal({ cliPath, dbFile, port, uiPort, logFile });
    const { address, uiUrl } = server;
    out.result(
      [
        `Temporal  ${address}   (export TEMPORAL_ADDRESS=${address})`,
        `UI        ${uiUrl}`,
        `Database  ${dbFile}`,
        'A development server: for production see docs/operate. Ctrl-C ends it.',
      ].join('\n'),
      { address, uiUrl, dbFile, pid: server.pid },
    );
    try {
      if ((await untilInterrupted(server.ended)) === 'ended') {
        throw new CliError('Failed', `The Temporal server ended by itself; ${logFile} says why.`);
      }
    } finally {
      await uninterrupted(() => server.stop());
    }
    return exitStatus.done;
  },
});

function portOf(flag: string, text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new CliError('WrongUsage', `${flag} takes a port number, not "${text}"`);
}
