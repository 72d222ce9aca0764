/** SSH against servers that misbehave: what is success, what is failure, what is unknown. */
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { Client, utils } from 'ssh2';
import { openSsh } from '../../../src/world/ssh';
import type { SshTarget } from '../../../src/world/ssh';
import { answer, keyFolder, keyPair, startSshServer } from './server';
import type { Exec, Manners, SshServer } from './server';

const ssh = openSsh({ readySeconds: 2, keepaliveSeconds: 0.2, beginSeconds: 1 });
const keys = keyFolder();
const stops: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
afterAll(() => {
  keys.remove();
});

async function serve(manners: Manners = {}): Promise<SshServer> {
  const server = await startSshServer(manners);
  stops.push(() => server.stop());
  return server;
}

/** A plain TCP server that is no SSH server. */
async function tcp(onConnection: (socket: Socket) => void): Promise<{ port: number }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  stops.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { port: (server.address() as AddressInfo).port };
}

function at(
  server: { port: number; key?: { pin: string } },
  more: Partial<SshTarget> = {},
): SshTarget {
  return {
    host: '127.0.0.1',
    port: server.port,
    user: 'ubuntu',
    pins: server.key ? [server.key.pin] : [keyPair().pin],
    credentials: { keyFile: keys.keyFile },
    ...more,
  };
}

function bastionAt(server: SshServer, pins = [server.key.pin]): SshTarget['bastion'] {
  return { host: '127.0.0.1', port: server.port, user: 'ops', keyFile: keys.keyFile, pins };
}

const command = (script: string, timeoutSeconds = 5, stdin?: string) => ({
  script,
  args: [],
  timeoutSeconds,
  stdin,
});

/** Connects, runs one command, closes. */
async function runAt(target: SshTarget, timeoutSeconds = 5) {
  const connection = await ssh.connect(target);
  try {
    return await connection.run(command('uptime', timeoutSeconds));
  } finally {
    connection.close();
  }
}

const lost = { type: 'ConnectionLost', nonRetryable: false };
const unreachable = { type: 'MachineUnreachable', nonRetryable: false };

describe('a command', () => {
  it('hands back its exit code and output, cut out of the noise of a login shell', async () => {
    const server = await serve({
      onExec: (exec) => {
        exec.channel.write('Welcome to Ubuntu 14.04\nYou have mail.\n');
        exec.channel.stderr.write('mesg: ttyname failed\n');
        answer(exec, 'up 3 days', 3);
      },
    });
    await expect(runAt(at(server))).resolves.toEqual({
      exitCode: 3,
      stdout: 'up 3 days',
      stderr: 'mesg: ttyname failed\n',
    });
  });

  it('gets its standard input to the end', async () => {
    let received = 0;
    const server = await serve({
      onExec: (exec) => {
        exec.channel.on('data', (chunk: Buffer) => (received += chunk.length));
        exec.channel.on('end', () => {
          answer(exec, `${received}`);
        });
      },
    });
    const connection = await ssh.connect(at(server));
    const result = await connection.run(command('wc -c', 5, 'x'.repeat(3_000_000)));
    expect(result.stdout).toBe('3000000');
    connection.close();
  });

  it('with five megabytes of errors ends, and keeps their beginning and end', async () => {
    const server = await serve({
      onExec: (exec) => {
        exec.channel.stderr.write(`first\n${'e'.repeat(5_000_000)}\nlast`, () => {
          answer(exec, 'done');
        });
      },
    });
    const { stdout, stderr } = await runAt(at(server));
    expect(stdout).toBe('done');
    expect(stderr.length).toBeLessThan(132_000);
    expect(stderr).toMatch(/^first\n/);
    expect(stderr).toMatch(/last$/);
    expect(stderr).toContain('[… 4868939 bytes left out …]');
  });

  it('is over two seconds after its exit although a child keeps the output open', async () => {
    const server = await serve({
      onExec: ({ nonce, channel }) => {
        channel.write(`${nonce}-begin\nstarted\n${nonce}-end 0\n`);
        channel.exit(0);
      },
    });
    await expect(runAt(at(server), 10)).resolves.toMatchObject({ exitCode: 0, stdout: 'started' });
  });

  const unknown: readonly [string, (exec: Exec) => void, RegExp][] = [
    [
      'the host ends the connection (FIN)',
      ({ client, nonce, channel }) => {
        channel.write(`${nonce}-begin\nhalf`);
        client.end();
      },
      /ended/,
    ],
    [
      'the connection is reset (RST)',
      ({ sockets }) => {
        // A moment later, so that the reset does not overtake the answer that the command began.
        setTimeout(() => {
          for (const socket of sockets) socket.resetAndDestroy();
        }, 50);
      },
      /ECONNRESET/,
    ],
    [
      'nothing comes through any more (black hole)',
      ({ sockets }) => {
        for (const socket of sockets) socket.removeAllListeners('data').resume();
      },
      /Keepalive timeout/,
    ],
    [
      'it is killed by a signal',
      ({ channel }) => {
        channel.exit('KILL');
        channel.end();
      },
      /killed by SIGKILL/,
    ],
    [
      'it exits with 0 but its end mark is missing',
      ({ channel, nonce }) => {
        channel.write(`${nonce}-begin\nhalf of it`);
        channel.exit(0);
        channel.end();
      },
      /no end mark/,
    ],
    [
      'its end mark came but no exit status',
      ({ channel, nonce }) => {
        channel.write(`${nonce}-begin\nall\n${nonce}-end 0\n`);
        channel.end();
      },
      /before the exit status/,
    ],
    [
      'it does not end within its time',
      ({ channel, nonce }) => void channel.write(`${nonce}-begin\nhalf`),
      /no end within 1 s/,
    ],
    ['it gives no sign that it began', () => undefined, /no sign that it began within 1 s/],
  ];

  it.each(unknown)('has an unknown outcome when %s', async (_when, onExec, seen) => {
    const server = await serve({ onExec });
    const failure = runAt(at(server), 1);
    await expect(failure).rejects.toMatchObject(lost);
    await expect(failure).rejects.toThrow(seen);
  });

  it('keeps secrets of its output out of the message', async () => {
    const server = await serve({
      onExec: ({ channel }) => {
        channel.stderr.write('DAEMON_TOKEN=hunter2');
        channel.exit(1);
        channel.end();
      },
    });
    const failure = runAt(at(server));
    await expect(failure).rejects.toThrow(/DAEMON_TOKEN=\[secret\]/);
    await expect(failure).rejects.not.toThrow(/hunter2/);
  });

  it('is called off with its connection when the signal fires', async () => {
    const server = await serve({ onExec: () => undefined });
    const stop = new AbortController();
    const connection = await ssh.connect(at(server), stop.signal);
    const running = connection.run(command('sleep 60', 60));
    setTimeout(() => {
      stop.abort(new Error('the run was cancelled'));
    }, 50);
    await expect(running).rejects.toThrow('the run was cancelled');
    await expect(connection.run(command('uptime'))).rejects.toThrow('the run was cancelled');
  });

  it('is not begun on a connection that has ended', async () => {
    const server = await serve();
    const connection = await ssh.connect(at(server));
    connection.close();
    await expect(connection.run(command('uptime'))).rejects.toMatchObject(unreachable);
  });
});

describe('a host key', () => {
  it('that is not pinned ends the connection before anything of the login is sent', async () => {
    const server = await serve();
    const pinned = keyPair().pin;
    await expect(ssh.connect(at(server, { pins: [pinned] }))).rejects.toMatchObject({
      type: 'HostKeyUnknown',
      nonRetryable: true,
      details: [{ offered: server.key.pin }],
    });
    expect(server.logins).toEqual([]);
    expect(server.log.join('\n')).not.toMatch(/Received SERVICE_REQUEST/i);
  });

  it('is checked synchronously, because ssh2 takes the promise of an async check for "yes"', async () => {
    const server = await serve();
    const client = new Client();
    const accepted = new Promise((resolve, reject) => {
      client.once('ready', () => {
        resolve('accepted');
      });
      client.once('error', reject);
    });
    const never = (): unknown => Promise.resolve(false);
    client.connect({
      host: '127.0.0.1',
      port: server.port,
      username: 'ubuntu',
      privateKey: keys.user.private,
      hostVerifier: never,
    });
    // If this fails, ssh2 has changed for the better.
    await expect(accepted).resolves.toBe('accepted');
    client.end();
  });

  it('that is pinned lets the login through, which shows that the log above can tell', async () => {
    const server = await serve({ onExec: (exec) => answer(exec, '') });
    await runAt(at(server));
    expect(server.logins).toContain('publickey');
    expect(server.log.join('\n')).toMatch(/Received SERVICE_REQUEST/i);
  });

  it('is asked for before anything is dialled when none is pinned', async () => {
    const server = await serve();
    await expect(ssh.connect(at(server, { pins: [] }))).rejects.toMatchObject({
      type: 'HostKeyUnknown',
    });
    expect(server.sockets.size).toBe(0);
    expect(server.log).toEqual([]);
  });

  it('of the bastion must be pinned too, and is never offered for the machine', async () => {
    const bastion = await serve();
    const server = await serve();
    const wrong = bastionAt(bastion, [keyPair().pin]);
    const failure = ssh.connect(at(server, { bastion: wrong }));
    await expect(failure).rejects.toMatchObject({
      type: 'HostKeyUnknown',
      details: [{ hop: 'bastion', shown: bastion.key.pin }],
    });
    expect(bastion.logins).toEqual([]);
    expect(server.log).toEqual([]);
  });

  it('of the machine is checked behind the bastion', async () => {
    const bastion = await serve();
    const server = await serve();
    const target = at(server, { bastion: bastionAt(bastion), pins: [keyPair().pin] });
    await expect(ssh.connect(target)).rejects.toMatchObject({
      type: 'HostKeyUnknown',
      details: [{ offered: server.key.pin }],
    });
    expect(server.logins).toEqual([]);
    expect(server.log.join('\n')).not.toMatch(/Received SERVICE_REQUEST/i);
  });

  it('of another type than the pinned ones is offered, not taken', async () => {
    const server = await serve();
    const rsa = `ssh-rsa SHA256:${'A'.repeat(43)}`;
    await expect(ssh.connect(at(server, { pins: [rsa] }))).rejects.toMatchObject({
      type: 'HostKeyUnknown',
      details: [{ offered: server.key.pin }],
    });
    expect(server.logins).toEqual([]);
  });

  it('can be read, also through a bastion, without any login at the machine', async () => {
    const bastion = await serve();
    const server = await serve();
    await expect(ssh.offeredHostKey(at(server, { pins: [] }))).resolves.toEqual({
      pin: server.key.pin,
      isWeak: false,
    });
    const behind = at(server, { pins: [], bastion: bastionAt(bastion) });
    await expect(ssh.offeredHostKey(behind)).resolves.toEqual({
      pin: server.key.pin,
      isWeak: false,
    });
    expect(server.logins).toEqual([]);
  });
});

describe('a machine', () => {
  it('is reached through its bastion', async () => {
    const bastion = await serve();
    const server = await serve({ onExec: (exec) => answer(exec, 'up') });
    await expect(runAt(at(server, { bastion: bastionAt(bastion) }))).resolves.toMatchObject({
      stdout: 'up',
    });
  });

  it('is lost with its bastion: the outcome of a command is unknown then', async () => {
    const bastion = await serve();
    const server = await serve({
      onExec: () => {
        for (const socket of bastion.sockets) socket.end();
      },
    });
    await expect(runAt(at(server, { bastion: bastionAt(bastion) }))).rejects.toMatchObject(lost);
  });

  it('that nobody listens for behind the bastion is unreachable', async () => {
    const bastion = await serve();
    const gone = await serve();
    await gone.stop();
    stops.pop();
    const failure = ssh.connect(at(gone, { bastion: bastionAt(bastion) }));
    await expect(failure).rejects.toMatchObject(unreachable);
    await expect(failure).rejects.toThrow(/the bastion opened no way to it/);
  });

  const silent: readonly [string, (socket: Socket) => void, RegExp][] = [
    [
      'greets and hangs up while it boots',
      (socket) => void socket.end('SSH-2.0-OpenSSH_7.4\r\n'),
      /closed|ended|lost/i,
    ],
    ['hangs up at once', (socket) => void socket.end(), /lost|closed/i],
    ['resets the connection', (socket) => void socket.resetAndDestroy(), /ECONNRESET/],
    ['says nothing', () => undefined, /Timed out while waiting for handshake/],
  ];
  it.each(silent)('that %s is unreachable for now', async (_how, onConnection, seen) => {
    const failure = ssh.connect(at(await tcp(onConnection)));
    await expect(failure).rejects.toMatchObject(unreachable);
    await expect(failure).rejects.toThrow(seen);
  });

  it('that refuses the connection is unreachable for now', async () => {
    const gone = await serve();
    await gone.stop();
    stops.pop();
    await expect(ssh.connect(at(gone))).rejects.toThrow(/ECONNREFUSED/);
    await expect(ssh.connect(at(gone))).rejects.toMatchObject(unreachable);
  });

  it('is no longer waited for when the signal fires', async () => {
    const stop = new AbortController();
    const connecting = ssh.connect(at(await tcp(() => undefined)), stop.signal);
    setTimeout(() => {
      stop.abort(new Error('cancelled'));
    }, 50);
    await expect(connecting).rejects.toThrow('cancelled');
  });

  it('that refuses the login needs a person, unless it has just booted', async () => {
    const server = await serve({ refusesLogin: true });
    await expect(ssh.connect(at(server))).rejects.toMatchObject({
      type: 'SshLoginRefused',
      nonRetryable: true,
    });
    await expect(ssh.connect(at(server, { freshlyBooted: true }))).rejects.toMatchObject({
      type: 'SshLoginRefused',
      nonRetryable: false,
    });
  });
});

describe('a key file', () => {
  const cases: readonly [string, string | undefined, RegExp][] = [
    ['is missing', undefined, /ENOENT/],
    ['is no key', 'hello', /Unsupported key format|Cannot parse/],
    [
      'has a passphrase',
      utils.generateKeyPairSync('ed25519', { passphrase: 'x', cipher: 'aes256-ctr', rounds: 4 })
        .private,
      /passphrase/,
    ],
  ];
  it.each(cases)('that %s needs a person and is not printed', async (what, content, seen) => {
    const server = await serve();
    const keyFile = join(keys.folder, what.replaceAll(' ', '-'));
    if (content !== undefined) writeFileSync(keyFile, content);
    const failure = ssh.connect(at(server, { credentials: { keyFile }, freshlyBooted: true }));
    await expect(failure).rejects.toMatchObject({ type: 'SshLoginRefused', nonRetryable: true });
    await expect(failure).rejects.toThrow(seen);
    await expect(failure).rejects.not.toThrow(/BEGIN|hello/);
  });
});

describe('the agent', () => {
  it('that the worker does not have needs a person', async () => {
    const server = await serve();
    const socket = process.env['SSH_AUTH_SOCK'];
    delete process.env['SSH_AUTH_SOCK'];
    const failure = ssh.connect(at(server, { credentials: { agent: true } }));
    await expect(failure).rejects.toMatchObject({ type: 'SshLoginRefused', nonRetryable: true });
    await expect(failure).rejects.toThrow(/SSH_AUTH_SOCK is not set/);
    process.env['SSH_AUTH_SOCK'] = '/nowhere/agent.sock';
    const dead = ssh.connect(at(server, { credentials: { agent: true } }));
    await expect(dead).rejects.toMatchObject({ type: 'SshLoginRefused', nonRetryable: true });
    if (socket === undefined) delete process.env['SSH_AUTH_SOCK'];
    else process.env['SSH_AUTH_SOCK'] = socket;
  });
});
