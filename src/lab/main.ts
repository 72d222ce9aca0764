/** The lab as a process: `node lib/lab/main.js --dir DIR`; prints one JSON line when it is ready. */
import { parseArgs } from 'node:util';
import { startLab } from './lab';
import { systemNames } from './machine/system-names';

const usage =
  'usage: main.js --dir DIR [--speed 60] [--shell portable|real] ' +
  `[--profile debian|rhel|${systemNames.join('|')}] [--init systemd|upstart] [--port N]`;

function oneOf<T extends string>(name: string, value: string, choices: readonly T[]): T {
  const chosen = choices.find((choice) => choice === value);
  if (chosen === undefined) {
    throw new TypeError(`--${name} is ${choices.join(' or ')}, not ${value}`);
  }
  return chosen;
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      dir: { type: 'string' },
      speed: { type: 'string', default: '60' },
      shell: { type: 'string', default: 'portable' },
      profile: { type: 'string', default: 'debian' },
      init: { type: 'string', default: 'systemd' },
      port: { type: 'string', default: '0' },
    },
  });
  const port = Number(values.port);
  if (values.dir === undefined) {
    throw new TypeError('--dir is missing');
  }
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new TypeError(`--port is a port, not ${values.port}`);
  }
  return {
    dir: values.dir,
    speed: Number(values.speed),
    shell: oneOf('shell', values.shell, ['portable', 'real']),
    profile: oneOf('profile', values.profile, ['debian', 'rhel', ...systemNames]),
    init: oneOf('init', values.init, ['systemd', 'upstart']),
    ...(port === 0 ? {} : { port }),
  };
}

async function main(): Promise<void> {
  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    process.exitCode = 2;
    return;
  }
  const lab = await startLab(options);
  const stop = (): void => {
    // A second signal finds no handler and ends the process.
    process.off('SIGINT', stop).off('SIGTERM', stop);
    lab.stop().catch((error: unknown) => {
      console.error(error);
      process.exitCode = 1;
    });
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const { ec2Url, controlUrl, bastionPort, configPath } = lab;
  console.log(JSON.stringify({ ready: true, ec2Url, controlUrl, bastionPort, configPath }));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
