/** A host that can prove its RSA key by SHA-1 only: told, refused, and taken by those who say so. */
import { readFileSync, writeFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import type { LabOptions } from '../../src/lab/compose';
import { needs } from '../requirements';
import { runbook } from './command-line';
import { control, setStage, type Stage } from './stage';
import { madeByRestores, restoredMachine, sourceId } from './world-checks';

jest.setTimeout(180_000);

const shells: LabOptions['shell'][] = needs('bwrap', 'sshd') ? ['portable', 'real'] : ['portable'];

describe.each(shells)('a host that proves its key by SHA-1 only, %s shell', (shell) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage({ shell, provesBySha1: true });
  });
  afterAll(() => stage.close());

  const commandsOn = (id: string): string[] =>
    stage.lab.journal
      .since(0)
      .flatMap(({ kind, machine, text }) => (kind === 'command' && machine === id ? [text] : []));

  /** What a person writes into runbook.yaml, as the message says; the worker is started anew. */
  const take = async (pin: string): Promise<void> => {
    const path = stage.lab.configPath;
    const config = parse(readFileSync(path, 'utf8')) as {
      installations: { prod: { ssh: { hostKeys: unknown[] } } };
    };
    const { ssh } = config.installations.prod;
    ssh.hostKeys = [...ssh.hostKeys.filter((one) => one !== pin), { pin, sha1: true }];
    writeFileSync(path, stringify(config));
    await stage.stopWorker();
    await stage.startWorker();
  };

  const doctor = async (): Promise<string> => {
    const { out } = await runbook(stage.environment, 'doctor');
    return out.split('\n').find((line) => line.includes('SSH to')) ?? out;
  };

  /** The key that a message tells how to take. */
  const pinIn = (text: string): string =>
    /\{ pin: '(ssh-rsa SHA256:[\w+/]{43})', sha1: true \}/.exec(text)?.[1] ?? text;

  test('is told by the doctor with what to write, and gets no login from a backup', async () => {
    const line = await doctor();
    expect(line).toMatch(/^FAIL .*by SHA-1 \(ssh-rsa\) only/);
    expect(pinIn(line)).toMatch(/^ssh-rsa SHA256:/);
    const backup = await (await stage.start('backup', { installation: 'prod' })).report();
    expect(backup.notes.join('\n')).toMatch(/Not recorded: .*by SHA-1 \(ssh-rsa\) only/);
    expect(commandsOn(sourceId)).toEqual([]);
    // The story goes on with a backup of a machine that could be read.
    const image = stage.lab.region.state.images[backup.imageId ?? ''];
    if (image) image.state = 'deregistered';
  });

  test('is logged in to once runbook.yaml takes that proof of its key', async () => {
    await take(pinIn(await doctor()));
    expect(await doctor()).toMatch(/^ok .*runbook\.yaml allows a proof by SHA-1/);
    const { record } = await (await stage.start('backup', { installation: 'prod' })).report();
    expect(record).toMatchObject({
      hostname: 'circleci.example.com',
      hostKeys: [expect.stringMatching(/^ssh-rsa /)],
    });
  });

  test('and has a new key in a restore: no approval alone lets anybody log in there', async () => {
    await control(stage.lab, `/machines/${sourceId}/lose`);
    const run = await stage.start('restore', { installation: 'prod' });
    const gate = await run.approveUntil('Confirm the host key');
    expect(gate.details).toContain('It can prove that key by SHA-1 only');
    expect(gate.details).toContain('as its console output or the');
    const pin = pinIn(gate.details);
    await run.answer('approve', gate);
    const refused = await run.gate('failed: Wait for the machine to answer');
    expect(refused.details).toContain('**HostKeyBySha1**');
    expect(pinIn(refused.details)).toBe(pin);
    const [id = ''] = madeByRestores(stage);
    expect(commandsOn(id)).toEqual([]);
    await take(pin);
    await run.answer('retry', refused);
    await run.finish();
    expect(restoredMachine(stage).instanceId).toBe(id);
  });
});
