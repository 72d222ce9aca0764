import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lookForSounds } from '../../../src/machine/app/seal';

// The script runs in the bash of this computer, with commands that say what real ones say.
const describeOnLinux = process.platform === 'linux' ? describe : describe.skip;

describeOnLinux('the look at units', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sounds-'));
    mkdirSync(join(folder, 'proc'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** What is printed of the unit `replicated` where the commands say so. */
  function look(init: 'systemd' | 'upstart', says: Record<string, string>): string {
    const all = { docker: '', systemctl: 'exit 1', initctl: 'exit 1', service: 'exit 1', ...says };
    for (const [name, script] of Object.entries(all)) {
      writeFileSync(join(folder, name), `#!/bin/bash\n${script}\n`);
      chmodSync(join(folder, name), 0o755);
    }
    const script = lookForSounds.script
      .replaceAll('/run/systemd/system', init === 'systemd' ? folder : '/nowhere')
      .replace(/for unit in [^;]*;/, 'for unit in replicated;');
    const PATH = `${folder}:${process.env['PATH'] ?? ''}`;
    const given = ['-c', script, 'bash', join(folder, 'proc')];
    const { stdout, status } = spawnSync('bash', given, { env: { PATH }, encoding: 'utf8' });
    expect(status).toBe(0);
    return stdout.trim();
  }

  const say = (text: string, code = 0): string => `echo '${text}'; exit ${String(code)}`;
  const cry = (text: string, code = 1): string => `echo '${text}' >&2; exit ${String(code)}`;

  test.each<[string, string]>([
    [say('inactive', 3), ''],
    [say('failed', 3), ''],
    [say('unknown', 3), ''],
    [say('active'), 'unit replicated'],
    [say('activating', 3), 'unit replicated'],
    [say('deactivating', 3), 'unit replicated'],
    [
      cry('Failed to get D-Bus connection: Operation not permitted'),
      'unreadable replicated: Failed to get D-Bus connection: Operation not permitted',
    ],
    [cry('Failed to retrieve unit: Connection timed out'), expect.stringMatching(/^unreadable /)],
    ['', 'unreadable replicated:'],
  ])('systemctl: %s', (says, printed) => {
    expect(look('systemd', { systemctl: says })).toEqual(printed);
  });

  const unknownJob = cry('initctl: Unknown job: replicated');
  test.each<[string, string, string, string]>([
    ['Upstart', say('replicated start/running, process 2107'), '', 'unit replicated'],
    ['Upstart', say('replicated start/post-stop, process 2107'), '', 'unit replicated'],
    ['Upstart', say('replicated stop/waiting'), '', ''],
    ['CentOS 6', unknownJob, cry('replicated: unrecognized service'), ''],
    ['SysV', cry('-bash: initctl: command not found', 127), say('replicated is stopped', 3), ''],
    ['SysV', unknownJob, say('replicated (pid  911) is running...'), 'unit replicated'],
    ['SysV', unknownJob, say('replicated dead but pid file exists', 1), ''],
    ['SysV', unknownJob, say(' * replicated is not running', 3), ''],
    [
      'an Upstart that does not answer',
      cry('initctl: Unable to connect to Upstart: Failed to connect to socket'),
      cry('status: Unable to connect to Upstart: Failed to connect to socket'),
      expect.stringMatching(
        /^unreadable replicated: initctl: Unable to connect to Upstart/,
      ) as string,
    ],
  ])('%s: %s, %s', (_, initctl, service, printed) => {
    expect(look('upstart', { initctl, service })).toEqual(printed);
  });
});
