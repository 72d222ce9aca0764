/** When a command has begun, and what it means that it has not; by servers that misbehave. */
import { openSsh } from '../../../src/world/ssh';
import type { SshTarget } from '../../../src/world/ssh';
import { keyFolder, startSshServer } from './server';
import type { Manners, SshServer } from './server';

const ssh = openSsh({ readySeconds: 5, keepaliveSeconds: 1, beginSeconds: 20 });
const keys = keyFolder();
const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
afterAll(() => {
  keys.remove();
});

async function serve(manners: Manners): Promise<SshServer> {
  const server = await startSshServer(manners);
  stops.push(() => server.stop());
  return server;
}

function at({ port, key }: SshServer, more: Partial<SshTarget> = {}): SshTarget {
  const credentials = { keyFile: keys.keyFile };
  return { host: '127.0.0.1', port, user: 'ubuntu', pins: [key.pin], credentials, ...more };
}

async function runAt(target: SshTarget, timeoutSeconds = 5) {
  const connection = await ssh.connect(target);
  try {
    return await connection.run({ script: 'uptime', args: [], timeoutSeconds });
  } finally {
    connection.close();
  }
}

describe('a command', () => {
  it('was not run when the session ends without its begin mark: that is no unknown outcome', async () => {
    const server = await serve({
      onExec: ({ channel }) => {
        channel.stderr.write('This account is currently not available.\n');
        channel.exit(1);
        channel.end();
      },
    });
    await expect(runAt(at(server))).rejects.toMatchObject({
      type: 'LoginGetsNowhere',
      nonRetryable: true,
      message: expect.stringMatching(
        /did not run "uptime" \(status 1\): the user has no login shell/,
      ),
    });
  });

  it('may be kept back by a host that boots, which is worth another try', async () => {
    const server = await serve({
      onExec: ({ channel }) => {
        channel.write('System is booting up. Unprivileged users are not permitted to log in yet.');
        channel.exit(254);
        channel.end();
      },
    });
    await expect(runAt(at(server, { freshlyBooted: true }))).rejects.toMatchObject({
      type: 'LoginGetsNowhere',
      nonRetryable: false,
    });
  });

  it('begins whatever a login shell prints before, and has its own time from there on', async () => {
    const server = await serve({
      onExec: (exec) => {
        const { channel, nonce } = exec;
        channel.write('n'.repeat(400_000));
        // The mark may come in two pieces.
        channel.write(nonce.slice(0, 10));
        setTimeout(() => {
          channel.write(`${nonce.slice(10)}-begin\n`);
          setTimeout(() => {
            channel.write(`ran\n${nonce}-end 0\n`);
            channel.exit(0);
            channel.end();
          }, 600);
        }, 600);
      },
    });
    await expect(runAt(at(server), 1)).resolves.toMatchObject({ stdout: 'ran' });
  });
});

describe('a machine', () => {
  const wants: readonly [Exclude<Manners['refusesLogin'], boolean>, RegExp][] = [
    [{ methods: ['keyboard-interactive'], isPartial: true }, /took the key, and wants keyboard/],
    [{ methods: ['password'], isPartial: false }, /takes no keys from this user, only password/],
  ];
  it.each(wants)(
    'that wants more than a key is no matter of waiting either: %j',
    async (refusesLogin, said) => {
      const server = await serve({ refusesLogin });
      const failure = ssh.connect(at(server, { freshlyBooted: true }));
      await expect(failure).rejects.toMatchObject({ type: 'SshLoginRefused', nonRetryable: true });
      await expect(failure).rejects.toThrow(said);
    },
  );
});
