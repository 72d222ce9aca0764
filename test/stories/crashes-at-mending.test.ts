/**
 * A worker that is killed inside of *Mend stale addresses*, with a file replaced and with Docker
 * restarted. Every other moment of the step is in test/lab/shell/mending-cut-off.test.ts.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { attemptsOf, crashAt, loseRestored, second, stageAfterLoss } from './crash';
import type { Stage } from './stage';
import { machineOf, madeByRestores, restoredMachine, sourceId, strayFiles } from './world-checks';

jest.setTimeout(300_000);

const approving = 'Approve mending stale addresses';
const mending = 'Mend stale addresses';
const stale: Readonly<Record<string, (address: string) => string>> = {
  'etc/docker/daemon.json': (address) =>
    `{ "log-driver": "fluentd", "log-opts": { "fluentd-address": "${address}:24224" } }\n`,
  'etc/rsyslog.d/60-drain.conf': (address) => `*.* @@${address}:514\n`,
  'etc/systemd/system/agent.service': (address) => `[Service]\nExecStart=/bin/agent ${address}\n`,
};

/** What a command of the step changes; undefined for one that only looks. */
const effects: readonly (readonly [RegExp, string])[] = [
  [/touch "\$1\/docker-restart-due"/, 'the mark for Docker is made'],
  [/mv -T "\$new" "\$file"/, 'a file is replaced'],
  [/systemctl restart docker/, 'Docker is restarted'],
  [/rm -f "\$1\/docker-restart-due"/, 'the mark for Docker is taken away'],
  [/systemctl daemon-reload/, 'units are read again'],
];

describe('a worker that is killed while stale addresses are mended', () => {
  const opened = stageAfterLoss({}, (stage) => {
    const { root } = machineOf(stage, sourceId);
    for (const [path, text] of Object.entries(stale)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text('10.0.1.5'));
    }
  });

  /** Up to the gate; gives what answers it. */
  const toTheGate = async () => {
    const run = await opened().start('restore', { installation: 'prod' });
    const gate = await run.approveUntil(approving);
    return { run, mend: () => run.answer('approve', gate) };
  };
  const commandsOf = (stage: Stage, since: number): string[] =>
    stage.lab.journal
      .since(since)
      .filter(({ kind, machine }) => kind === 'command' && machine === madeByRestores(stage)[0])
      .map(({ text }) => text);

  const expectMended = (stage: Stage): void => {
    const machine = restoredMachine(stage);
    for (const [path, text] of Object.entries(stale)) {
      const now = readFileSync(join(machine.root, path), 'utf8');
      expect([path, now]).toEqual([path, text(machine.privateAddress)]);
    }
    expect(strayFiles(machine)).toEqual([]);
    // Docker runs on what stands in its file now, and was never restarted under an app.
    const events = stage.lab.journal
      .since(0)
      .filter(({ machine: id }) => id === machine.instanceId)
      .map(({ text }) => text);
    const restarted = events.lastIndexOf('docker restarts: every container ends');
    expect(restarted).toBeGreaterThan(0);
    expect(events.indexOf('replicated started')).toBeGreaterThan(restarted);
  };

  test('leaves each file old or new, and the next ends what it began', async () => {
    const stage = opened();
    const rehearsal = await toTheGate();
    const since = stage.lab.journal.since(0).at(-1)?.seq ?? 0;
    await rehearsal.mend();
    await rehearsal.run.finish();
    expectMended(stage);
    const sent = commandsOf(stage, since);
    const own = sent.slice(
      0,
      sent.findIndex((text) => text.includes('/opt/nomad')),
    );
    const at = own.flatMap((text, index) => {
      const what = effects.find(([pattern]) => pattern.test(text))?.[1];
      return what === undefined ? [] : [{ index, what }];
    });
    expect(at.map(({ what }) => what).sort()).toEqual([
      ...['Docker is restarted', 'a file is replaced', 'a file is replaced', 'a file is replaced'],
      ...['the mark for Docker is made', 'the mark for Docker is taken away'],
      'units are read again',
    ]);
    const replaced = at.find(({ what }) => what === 'a file is replaced');
    const restarted = at.find(({ what }) => what === 'Docker is restarted');
    for (const { index: skip } of [replaced, restarted].filter((one) => one !== undefined)) {
      await loseRestored(stage);
      const { run, mend } = await toTheGate();
      const crash = await crashAt(stage, 'exec-end', { skip });
      await mend();
      await crash();
      await run.finish();
      expectMended(stage);
      expect([skip, await attemptsOf(run, mending)]).toEqual([skip, second]);
    }
  });
});
