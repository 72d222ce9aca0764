import { applianceCommands, commandNamesOn } from '../../../src/lab/appliance';
import { plantedSecrets } from '../../../src/lab/machine/planted-secrets';
import type { CommandOutput, SimulatedMachine } from '../../../src/lab/shapes';
import { SmallLab } from '../machine/small-lab';

let lab: SmallLab;
let machine: SimulatedMachine;
beforeEach(() => {
  lab = new SmallLab();
  machine = lab.install();
});
afterEach(() => {
  lab.remove();
});

async function run(
  line: string | readonly string[],
  input: { readonly stdin?: string; readonly tty?: boolean } = {},
): Promise<CommandOutput> {
  const [name = '', ...args] = typeof line === 'string' ? line.split(' ') : line;
  const command = applianceCommands[name];
  if (command === undefined) {
    throw new Error(`no command ${name}`);
  }
  return command(machine, { args, stdin: input.stdin ?? '', tty: input.tty ?? false });
}

describe('The wrappers of Replicated', () => {
  const forms = '(println (str "a" "b"))';
  beforeEach(() => {
    lab.clock.sleepsSkip = true;
  });

  it('give the command inside no input without a terminal and without -i', async () => {
    const { stdout } = await run('replicated admin dev-console', { stdin: forms });
    expect(stdout).not.toContain('ab\n');
    expect(stdout).toContain('Bye for now!');
  });

  it('give it the input with -i in front', async () => {
    for (const line of [
      'replicated admin -i dev-console',
      'replicated -i admin --no-tty dev-console',
    ]) {
      expect((await run(line, { stdin: forms })).stdout).toContain('user=> ab\nnil\n');
    }
  });

  it('make a terminal of a terminal', async () => {
    const { stdout } = await run('replicated admin dev-console', { stdin: forms, tty: true });
    expect(stdout).toContain('ab\r\nnil\r\n');
  });

  it('exit 1 in the first seconds of the daemon', async () => {
    await run('systemctl restart replicated');
    expect(await run('replicatedctl system status')).toMatchObject({ exitCode: 1, stdout: '' });
    lab.clock.skip(5);
    expect(await run('replicatedctl system status -q')).toMatchObject({ stdout: 'initializing\n' });
    lab.clock.skip(15);
    expect(await run('replicatedctl system status -q')).toMatchObject({ stdout: 'ready\n' });
  });
});

describe('replicatedctl', () => {
  it('shows hidden items only when it is asked for them', async () => {
    const open = JSON.parse((await run('replicatedctl app-config export')).stdout);
    expect(open).toMatchObject({ hostname: { value: 'circleci.example.com' }, ssl_cert: {} });
    expect(JSON.stringify(open)).not.toContain(plantedSecrets.oauthSecret);
    const all = (await run('replicatedctl app-config export --hidden')).stdout;
    expect(all).toContain(plantedSecrets.oauthSecret);
  });

  it.each([
    [['app-config', 'export', '--template', '{{.hostname.Value}}'], 'circleci.example.com\n'],
    [['app-config', 'export', '--template={{.nothing.Value}}'], '<no value>\n'],
    [
      ['system', 'status', '--template', '{{and (eq .Replicated "ready") (eq .Retraced "ready")}}'],
      'true\n',
    ],
    [
      ['app', 'status', '--template', '{{range .}}{{.State}}/{{.Sequence}}{{end}}'],
      'started/2439\n',
    ],
    [['app', 'status', '--template', '{{(index . 0).DesiredState}}'], 'started\n'],
    [['params', 'export', '--template', '{{.LocalAddress}}'], '10.0.1.5\n'],
  ])('fills the template of %j', async (args, text) => {
    expect((await run(['replicatedctl', ...args])).stdout).toBe(text);
  });

  it('refuses a template that it does not understand', async () => {
    const answer = await run(['replicatedctl', 'app', 'status', '--template', '{{frob .}}']);
    expect(answer).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('frob') });
  });

  it('forgets a new value of a write-once item without a word', async () => {
    machine.set({ hostnameWriteOnce: true });
    const answer = await run('replicatedctl app-config set hostname --value 203.0.113.11');
    expect(answer).toMatchObject({ exitCode: 0, stderr: '' });
    expect(machine.inspect()['hostname']).toBe('circleci.example.com');
  });

  it('takes a name that does not resolve only without validation', async () => {
    const line = 'replicatedctl app-config set hostname --value later.example.com';
    expect((await run(line)).exitCode).toBe(1);
    expect((await run(`${line} --skip-validation`)).exitCode).toBe(0);
    expect(machine.inspect()['hostname']).toBe('later.example.com');
  });

  it('lists the tasks that app commands leave', async () => {
    const { stdout } = await run('replicatedctl app stop -q');
    expect((await run('replicatedctl task ls -q')).stdout).toBe(stdout);
    expect((await run('replicatedctl task ls')).stdout).toContain('app stop');
  });

  it('prints what the trap says instead of the status', async () => {
    machine.set({ appStatusOutput: '[]' });
    expect((await run('replicatedctl app status')).stdout).toBe('[]');
  });
});

describe('A trap on a command', () => {
  it('fails it before anything is done', async () => {
    machine.set({ commandFails: 'replicatedctl app stop' });
    expect((await run('replicatedctl app stop --force')).exitCode).toBe(1);
    expect(machine.inspect()['app']).toMatchObject({ desiredState: 'started' });
    expect((await run('replicatedctl app status')).exitCode).toBe(0);
  });
});

describe('The dev-console', () => {
  const built = 'https://circleci.example.com/gh/acme/web/1201';
  const consoleSays = async (stdin: string): Promise<CommandOutput> => {
    lab.clock.sleepsSkip = true;
    return run('replicated admin -i dev-console', { stdin });
  };

  it.each([
    [`(admin/delete-build "${built}")`, /user=> nil\nuser=> Bye/],
    [
      '(admin/delete-build "https://nowhere/gh/a/b/1")',
      /ExceptionInfo: build not found: [\s\S]*Bye/,
    ],
    [
      '(try (admin/delete-build "x") (catch Throwable t (println (.getMessage t))))',
      /build not found: x\nnil/,
    ],
    ['(try (frob) (catch Throwable t (.getName (class t))))', /"java.lang.RuntimeException"/],
    ['(do (println "a") (str 1 nil :k))', /a\n"1:k"/],
    ['(println "never ends', /user=> Bye for now!/],
    ['(exit) (println "after")', /user=> Bye for now!/],
    ['; a comment\n(pr-str "q\\"q")', /user=> "\\"q\\\\\\"q\\""\n/],
  ])('answers %j', async (form, said) => {
    const { stdout, exitCode } = await consoleSays(form);
    expect(stdout).toMatch(said);
    expect(stdout).not.toContain('after');
    expect(exitCode).toBe(0);
  });

  it('needs an app that runs', async () => {
    await run('replicatedctl app stop --force');
    lab.clock.skip(20);
    expect(await consoleSays('')).toMatchObject({ exitCode: 1 });
  });

  it('throws where the trap says so', async () => {
    machine.set({ deleteBuildFails: true });
    expect((await consoleSays(`(admin/delete-build "${built}")`)).stdout).toContain('MongoTimeout');
    expect(JSON.stringify(machine.inspect()['builds'])).toContain(built);
  });
});

describe('docker', () => {
  it('names images by the private address of their registry', async () => {
    const { stdout } = await run(['docker', 'ps', '--format', '{{.Names}} {{.Image}}']);
    expect(stdout).toContain('frontend 10.0.1.5:9874/circleci-frontend:');
  });

  it('answers for a container that is not there as docker does', async () => {
    expect(await run('docker exec nothing ls')).toMatchObject({
      exitCode: 1,
      stderr: 'Error: No such container: nothing\n',
    });
    expect((await run('docker exec nomad ls')).exitCode).toBe(126);
    expect((await run('docker exec replicated printenv NOTHING')).exitCode).toBe(1);
  });
});

describe('nomad', () => {
  it('knows both layouts of node-status', async () => {
    expect((await run('nomad node-status')).stdout).not.toContain('Eligibility');
    machine.set({ nomadLayout: 'new' });
    expect((await run('docker exec nomad nomad node-status')).stdout).toContain('Eligibility');
  });
});

describe('curl', () => {
  it.each([
    ['curl -s -o /dev/null -w %{http_code} http://localhost:8082/status', '200', 0],
    ['curl -s -o /dev/null -w %{http_code} http://localhost:8082/other', '404', 0],
    ['curl -sk -o /dev/null -w %{http_code} https://localhost:8800/', '200', 0],
    ['curl -s -o /dev/null -w %{http_code} https://localhost:8800/', '000', 60],
    ['curl -s -o /dev/null -w %{http_code} http://localhost:5432/', '000', 7],
    ['curl -s -o /dev/null -w %{http_code} http://10.0.9.9:80/health-check', '000', 7],
    ['curl -s http://localhost:80/health-check', '{"status":200}', 0],
  ])('%s prints %s', async (line, stdout, exitCode) => {
    expect(await run(line)).toMatchObject({ stdout, exitCode });
  });

  it('sees a sick service, and a ready-agent that minds it', async () => {
    machine.set({ serviceUnhealthy: 'cron' });
    const status = 'curl -s -o /dev/null -w %{http_code} http://localhost';
    expect((await run(`${status}:4261/status`)).stdout).toBe('500');
    expect((await run(`${status}:8099/`)).stdout).toBe('503');
  });
});

describe('systemctl and service', () => {
  it('knows units, masks and timers', async () => {
    await run('systemctl mask replicated-ui');
    await run('systemctl stop replicated-ui');
    expect((await run('systemctl start replicated-ui')).stderr).toContain('is masked');
    expect((await run('systemctl restart frob')).exitCode).toBe(5);
    expect((await run('systemctl stop frob.timer')).exitCode).toBe(5);
    expect((await run('systemctl is-active docker replicated')).stdout).toBe('active\nactive\n');
  });

  it('forgets a timer with the power', async () => {
    await run('systemd-run --unit=later --on-active=60 /usr/local/bin/replicatedctl app stop');
    expect(machine.inspect()['timers']).toEqual(['later']);
    expect((await run('systemd-run --unit=later --on-active=60 true')).exitCode).toBe(1);
    machine.powerOff();
    machine.boot();
    lab.clock.skip(600);
    expect(machine.inspect()['app']).toMatchObject({ desiredState: 'started' });
  });
});

describe('The machine about itself', () => {
  it.each([
    ['hostname', 'ip-10-0-1-5\n'],
    ['hostname -f', 'ip-10-0-1-5.ec2.internal\n'],
    ['hostname -I', '10.0.1.5 172.17.0.1 \n'],
    ['getent hosts circleci.example.com', '203.0.113.10    circleci.example.com\n'],
    ['findmnt -rn -o TARGET,FSTYPE /', '/ ext4\n'],
    ['mountpoint /', '/ is a mountpoint\n'],
  ])('%s', async (line, stdout) => {
    expect((await run(line)).stdout).toBe(stdout);
  });

  it('lists its interfaces and mounts', async () => {
    expect((await run('ip -4 addr')).stdout).toContain('inet 10.0.1.5/24');
    machine.set({ mounts: ['/data/circle/storage-fileserver fs:/exports nfs4'] });
    expect((await run('mount')).stdout).toContain('fs:/exports on /data/circle/storage-fileserver');
    expect((await run('mountpoint -q /opt')).exitCode).toBe(1);
  });

  it('has all commands of the appliance, but no circleci', () => {
    const all = Object.keys(applianceCommands).filter((name) => name !== 'initctl');
    expect(commandNamesOn(machine).sort()).toEqual(all.sort());
    expect(Object.keys(applianceCommands)).not.toContain('circleci');
  });
});
