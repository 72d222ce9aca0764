import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabOptions } from '../../src/lab/compose';
import { needs } from '../requirements';
import { attemptsOf, crashAt, second, stageAfterLoss } from './crash';
import { control } from './stage';
import { machineOf, restoredMachine } from './world-checks';

jest.setTimeout(120_000);

const shells: LabOptions['shell'][] = needs('bwrap', 'sshd') ? ['portable', 'real'] : ['portable'];

describe.each(shells)('a worker killed on the machine, %s shell', (shell) => {
  const opened = stageAfterLoss({ shell });

  test.each([
    ['the first file replaced', '4. Update the IP addresses', 0, 'mv -T "$new" "$file"'],
    ['the second file replaced', '4. Update the IP addresses', 1, 'mv -T "$new" "$file"'],
    ['/opt/nomad removed', '5. Remove /opt/nomad', 0, 'mv -T /opt/nomad'],
    ['the seal opened', 'Restart Replicated on its new addresses', 0, 'touch "$1/in-service"'],
    ['the units started', 'Restart Replicated on its new addresses', 0, 'systemctl restart'],
  ])('with %s: files are old or new, and the run completes', async (_, title, skip, script) => {
    const stage = opened();
    const run = await stage.start('restore', { installation: 'prod' });
    const gate = await run.approveUntil('Change the DNS record');
    const { instanceId = '' } = await run.standing();
    const machine = machineOf(stage, instanceId);
    const address = machine.publicAddress;
    await control(stage.lab, '/dns', { name: 'circleci.example.com', address });
    const crash = await crashAt(stage, 'exec-end', { skip, text: script });
    await run.answer('approve', gate);
    await crash();
    const commands = stage.lab.journal.since(0).filter(({ kind }) => kind === 'command');
    expect(commands.filter(({ text }) => text.includes(script)).length).toBeGreaterThan(0);
    for (const name of ['replicated', 'replicated-operator']) {
      const text = readFileSync(join(machine.root, 'etc/default', name), 'utf8');
      const found = ['10.0.1.5', machine.privateAddress].filter((one) =>
        new RegExp(`\\b${one.replaceAll('.', '\\.')}\\b(?!\\.)`).test(text),
      );
      expect(found).toHaveLength(1);
      expect(text.endsWith('\n')).toBe(true);
    }
    await run.finish();
    restoredMachine(stage);
    expect(await attemptsOf(run, title)).toEqual(second);
  });
});
