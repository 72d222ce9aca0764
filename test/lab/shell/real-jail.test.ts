/** Each way out of a machine's sandbox that is known to us, tried by root from inside. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeReal, serveMachine, type Answer, type Served, type Session } from './real-machine';

const describeOnSandbox = describeReal();

describeOnSandbox('A sandboxed machine, seen by its root', () => {
  let served: Served;
  let session: Session;
  let outside: string;

  beforeAll(async () => {
    process.env['LAB_PLANTED_SECRET'] = 'planted-in-the-lab';
    outside = mkdtempSync(join(tmpdir(), 'outside-'));
    writeFileSync(join(outside, 'marker'), 'a file of the host\n');
    served = await serveMachine({});
    session = await served.connect();
  });

  afterAll(async () => {
    delete process.env['LAB_PLANTED_SECRET'];
    session.end();
    await served.stop();
    served.lab.remove();
    rmSync(outside, { recursive: true, force: true });
  });

  const run = (line: string): Promise<Answer> => session.run(line);
  const perl = (program: string, ...args: readonly (string | number)[]): Promise<Answer> =>
    run(`perl -e '${program}' ${args.join(' ')}`);

  it('is root of its own files', async () => {
    const { stdout } = await run(
      'id -u; touch /opt/mine && chown 1000:1000 /opt/mine && echo done',
    );
    expect(stdout).toBe('0\ndone\n');
  });

  it.each([
    ['makes no block device', 'mknod /opt/disk b 8 0', 'Operation not permitted'],
    ['makes no character device', 'mknod /dev/memory c 1 1', 'Operation not permitted'],
    ['does not remount /usr', 'mount -o remount,rw /usr', 'permission denied'],
    ['does not remount by a bind', 'mount -o remount,rw,bind /usr', 'permission denied'],
    ['mounts no file system', 'mount -t tmpfs none /opt', 'permission denied'],
    ['mounts no second /proc', 'mount -t proc none /opt', 'permission denied'],
    ['takes no mount away', 'umount /usr/local/bin', 'must be superuser'],
    ['writes nothing to /usr', 'touch /usr/planted', 'Read-only file system'],
    ['writes nothing to the root', 'touch /planted', 'Read-only file system'],
    ['does not change the programs of the lab', 'touch /lab/stub', 'Read-only file system'],
    ['replaces none of them', 'mv /lab/bin/sudo /opt/', 'Read-only file system'],
    [
      'sets nothing of the kernel',
      'cat /proc/sys/vm/swappiness > /proc/sys/vm/swappiness',
      'Read-only file system',
    ],
    ['has no hand on interrupts', 'exec 9>/proc/irq/default_smp_affinity', 'Read-only file system'],
    ['makes no user namespace', 'unshare --user --map-root-user true', 'Operation not permitted'],
    ['makes no mount namespace', 'unshare --mount true', 'Operation not permitted'],
    ['makes no network namespace', 'unshare --net true', 'Operation not permitted'],
    ['enters no namespace', 'nsenter --target 1 --mount true', 'Operation not permitted'],
    ['opens no terminal of the lab', 'exec 9<>/dev/tty', 'No such device or address'],
  ])('%s', async (_name, line, complaint) => {
    const { code, stderr } = await run(line);
    expect(stderr).toContain(complaint);
    expect(code).not.toBe(0);
  });

  it('leaves no trace on the host of what it tried there', () => {
    expect(['/usr/planted', '/planted'].filter((path) => existsSync(path))).toEqual([]);
  });

  it('cannot pull the emergency lever of the kernel', async () => {
    // Opening is enough to see; nothing is written even if it were to succeed.
    const { code } = await run('exec 9>/proc/sysrq-trigger');
    expect(code).not.toBe(0);
  });

  it('sees no device but the harmless ones', async () => {
    const { stdout } = await run('ls /dev; ls /sys 2>&1');
    expect(stdout.split(/\s+/)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(sd|vd|nvme|mem|kmsg|loop)/)]),
    );
    expect(stdout).toContain("cannot access '/sys'");
  });

  it('holds the few capabilities that it needs and can gain no other', async () => {
    const { stdout } = await run(
      'grep -E "^(CapEff|CapPrm|NoNewPrivs|Seccomp):" /proc/self/status',
    );
    expect(stdout.replace(/\t/g, ' ').split('\n')).toEqual([
      'CapPrm: 00000000000400eb',
      'CapEff: 00000000000400eb',
      'NoNewPrivs: 1',
      'Seccomp: 2',
      '',
    ]);
  });

  it('reaches no file of the host', async () => {
    const marker = join(outside, 'marker');
    const paths = [
      marker,
      `/proc/1/root${marker}`,
      `/proc/self/root/..${marker}`,
      `/proc/1/cwd${marker}`,
    ];
    const { stdout } = await run(
      `ln -s ${marker} /opt/way-out; cat ${paths.join(' ')} /opt/way-out 2>/dev/null; ` +
        `ls -d /work /boot /mnt /srv 2>/dev/null; ls /root; ls -A /tmp`,
    );
    expect(stdout).toBe('');
  });

  it('does not get out by the old chroot trick', async () => {
    const { stdout } = await perl(
      'mkdir "/opt/inner"; chroot "/opt/inner"; chdir ".." for 1 .. 30; chroot "." or die $!; ' +
        'print join(" ", grep { -e } @ARGV, "/etc/hostname")',
      outside,
    );
    expect(stdout).toBe('/etc/hostname');
  });

  it('finds none of the descriptors that the lab holds', async () => {
    const { stdout } = await run('for d in /proc/[0-9]*/fd/*; do readlink $d; done | sort -u');
    const files = stdout
      .split('\n')
      .filter((line) => line.startsWith('/') && !/^\/(dev|proc)\//.test(line));
    // The interpreter of the lab's own program has nothing else open.
    expect(files.filter((path) => !path.startsWith('/lab/'))).toEqual([]);
  });

  it('reads nothing of the environment of the lab', async () => {
    const { stdout } = await run('cat /proc/[0-9]*/environ | tr "\\0" "\\n"');
    expect(stdout).toContain('PATH=');
    expect(stdout).not.toContain('planted-in-the-lab');
  });

  it('reads none of the keyrings of uid 0', async () => {
    const call = process.arch === 'x64' ? 250 : 219;
    const { stdout } = await perl('syscall($ARGV[0], 0, -4, 0); print "$!"', call);
    expect(stdout).toBe('Operation not permitted');
  });

  it('neither sees nor traces nor kills a process of the host', async () => {
    const bystander = spawn('sleep', ['60'], { stdio: 'ignore' });
    const other = await served.connect();
    try {
      const pid = bystander.pid ?? 0;
      const trace = process.arch === 'x64' ? 101 : 117;
      expect((await run(`kill -9 ${String(pid)}`)).stderr).toContain('No such process');
      const attached = await perl('syscall($ARGV[0], 16, $ARGV[1], 0, 0); print "$!"', trace, pid);
      expect(attached.stdout).toBe('No such process');
      expect((await run('ps ax -o comm=')).stdout).not.toMatch(/sleep|node|jest/);
      await other.run('kill -9 -1');
      expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
    } finally {
      bystander.kill();
      other.end();
    }
  });

  it('removes only its own /opt/nomad', async () => {
    const neighbour = join(served.dir, 'neighbour/root/opt/nomad');
    mkdirSync(neighbour, { recursive: true });
    const hostOpt = readdirSync('/opt');
    expect(existsSync(join(served.root, 'opt/nomad'))).toBe(true);
    const { code } = await run('sudo rm -rf /opt/nomad');
    expect(code).toBe(0);
    expect(existsSync(join(served.root, 'opt/nomad'))).toBe(false);
    expect(existsSync(neighbour)).toBe(true);
    expect(readdirSync('/opt')).toEqual(hostOpt);
  });

  describe('with servers on the host', () => {
    it('has no network to reach them by', async () => {
      const { stdout } = await run(
        'tail -n +3 /proc/net/dev | cut -d: -f1; tail -n +2 /proc/net/route',
      );
      expect(stdout.trim()).toBe('lo');
    });

    it('reaches none on the loopback', async () => {
      let visits = 0;
      const server = createServer((socket) => {
        visits += 1;
        socket.on('error', () => undefined).end();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const knock = `timeout 2 bash -c 'exec 9<>/dev/tcp/127.0.0.1/${String(port)}'`;
      expect((await run(knock)).stderr).toContain('Connection refused');
      expect(visits).toBe(0);
      await new Promise((resolve) => connect(port, '127.0.0.1').on('close', resolve).resume());
      expect(visits).toBe(1);
      server.close();
    });

    it('reaches none by a name that needs no file', async () => {
      const name = `lab-jail-${String(process.pid)}`;
      const open =
        'use Socket; socket(S, PF_UNIX, SOCK_STREAM, 0); $a = pack_sockaddr_un("\\0$ARGV[0]");';
      const knock = `${open} print connect(S, $a) ? "in" : "$!"`;
      const serve = `${open} bind(S, $a); listen(S, 9); $| = 1; print "up"; sleep 60`;
      const server = spawn('perl', ['-e', serve, name], { stdio: ['ignore', 'pipe', 'inherit'] });
      try {
        await once(server.stdout, 'data');
        const fromHost = spawnSync('perl', ['-e', knock, name], { encoding: 'utf8' });
        expect(fromHost.stdout).toBe('in');
        expect((await perl(knock, name)).stdout).toBe('Connection refused');
      } finally {
        server.kill();
      }
    });
  });
});
