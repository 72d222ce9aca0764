/** Logins that get nowhere: the doctor finds them, and a restore asks at once instead of waiting. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabOptions } from '../../src/lab/compose';
import { needs } from '../requirements';
import { runbook } from './command-line';
import { control, setStage, storyOf, type Stage } from './stage';
import { madeByRestores, sourceId } from './world-checks';

jest.setTimeout(180_000);

const expired =
  'WARNING: Your password has expired.\nPassword change required but no TTY available.\n';

const shells: LabOptions['shell'][] = needs('bwrap', 'sshd') ? ['portable', 'real'] : ['portable'];

describe.each(shells)('a machine that lets people in and runs nothing, %s shell', (shell) => {
  let stage: Stage;
  beforeAll(async () => {
    // The wait for a machine is far longer than this story.
    stage = await setStage({ shell, limits: { ssh: '15 minutes' } });
  });
  afterAll(() => stage.close());

  const set = (id: string, traps: object) => control(stage.lab, `/machines/${id}/set`, traps);
  const trouble = async (): Promise<string[]> => {
    const { out } = await runbook(stage.environment, 'doctor');
    return out.split('\n').filter((line) => /^(warn|FAIL)/.test(line));
  };

  test('is found by the doctor, by its cause, once', async () => {
    await set(sourceId, { loginSays: expired });
    expect(await trouble()).toEqual([
      expect.stringMatching(
        /^FAIL {2}prod: sudo -n, .*password of the user has expired.*→ on the machine/,
      ),
    ]);
    await set(sourceId, { loginSays: null, sudoAsksPassword: true });
    expect(await trouble()).toEqual([
      expect.stringMatching(
        /^FAIL {2}prod: sudo -n, .*sudo wants a password.*→ let ubuntu use sudo/,
      ),
    ]);
    await set(sourceId, { sudoAsksPassword: null, rootNeedsTty: true });
    expect(await trouble()).toEqual([
      expect.stringMatching(
        /^FAIL {2}prod: sudo inside of replicatedctl: .*→ add "Defaults:root !requiretty"/,
      ),
    ]);
    await set(sourceId, { rootNeedsTty: null });
    const shadow = join(stage.dir, 'machines', sourceId, 'root/etc/shadow');
    writeFileSync(shadow, 'root:*:20000:90:90:7:::\n');
    expect(await trouble()).toEqual([
      expect.stringMatching(/^warn {2}prod: accounts .*the password of root ends on 2025-01-02/),
    ]);
    writeFileSync(shadow, '');
    expect(await trouble()).toEqual([]);
  });

  test('is a question at once in a restore, and goes on when it is mended', async () => {
    await (await stage.start('backup', { installation: 'prod' })).report();
    await control(stage.lab, `/machines/${sourceId}/lose`);
    const run = await stage.start('restore', { installation: 'prod' });
    const barrier = stage.lab.barriers.hold('RunInstances');
    await run.answer('approve', await run.gate('Approve the launch'));
    await barrier.reached;
    const [id = ''] = madeByRestores(stage);
    await set(id, { loginSays: expired });
    barrier.release();
    const gate = await run.gate('Wait for the machine to answer');
    expect(gate.details).toMatch(/LoginGetsNowhere/);
    expect(gate.details).toMatch(/the password of the user has expired/);
    expect(gate.details).toMatch(/It said: WARNING: Your password has expired/);
    await set(id, { loginSays: null, rootNeedsTty: true });
    await run.answer('retry', gate);
    const second = await run.gate('Wait for the machine to answer');
    expect(second.details).toMatch(/SudoRefused.*Defaults:root !requiretty/s);
    await set(id, { rootNeedsTty: null, sudoSeconds: 20 });
    await run.answer('retry', second);
    const { journal } = await run.finish();
    expect(storyOf(journal).filter((line) => line.startsWith('Wait for the machine'))).toEqual([
      'Wait for the machine to answer — failed',
      'Wait for the machine to answer — failed',
      'Wait for the machine to answer — done',
    ]);
    // Behind such a sudo a look of the verification is one command, not one for each service.
    const sent = stage.lab.journal
      .since(0)
      .flatMap(({ kind, machine, text }) => (kind === 'command' && machine === id ? [text] : []));
    const verifying = sent.slice(sent.findLastIndex((line) => line.includes('ask status')));
    const looks = verifying.filter((line) => line.includes('http://localhost:8099/'));
    expect(looks.length).toBeGreaterThan(0);
    // Besides: which dialect, what the databases hold, which Nomad clients have joined.
    expect(verifying).toHaveLength(looks.length + 3);
  });
});
