import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { plantedSecrets } from '../../src/lab/machine/planted-secrets';
import { control, setStage } from './stage';
import { sourceId } from './world-checks';

jest.setTimeout(120_000);

test('planted secrets appear in no history, tag, log, report or page', async () => {
  const stage = await setStage();
  let log = stage.workerLog();
  stage.workers()[0]?.onOutput((text) => (log += text));
  try {
    const backup = await stage.start('backup', { installation: 'prod' });
    await backup.report();
    await control(stage.lab, `/machines/${sourceId}/lose`);
    const builds = ['https://circleci.example.com/gh/acme/web/1201'];
    const restore = await stage.start('restore', { installation: 'prod', builds });
    await restore.approveUntil('Change the DNS record');
    const { instanceId = '' } = await restore.standing();
    // A step that fails shows what the machine said; that too must hold no secret.
    await control(stage.lab, `/machines/${instanceId}/set`, { diskFull: true });
    const gate = await restore.approveUntil('failed: 4.');
    await control(stage.lab, `/machines/${instanceId}/set`, { diskFull: false });
    await restore.answer('retry', gate);
    await restore.finish();
    // The API of CircleCI refuses the token, and then takes it: both are told, it never.
    const token = readFileSync(join(stage.dir, 'circleci_token'), 'utf8').trim();
    const refused = 'a-token-that-is-not-valid-any-more';
    writeFileSync(join(stage.dir, 'circleci_token'), refused);
    const cleanUp = await stage.start('cleanUpBuilds', { installation: 'prod' });
    const failed = await cleanUp.gate('failed: Find the builds that never end');
    expect(failed.details).toContain('status 401');
    writeFileSync(join(stage.dir, 'circleci_token'), token);
    await cleanUp.answer('retry', failed);
    await cleanUp.finish();

    const histories = await Promise.all(
      [backup, restore, cleanUp].map(async ({ handle }) =>
        historyToJSON(await handle.fetchHistory()),
      ),
    );
    // Payloads are base64 in the JSON of a history.
    const decoded = histories
      .join('\n')
      .replace(/"data":\s*"([^"]+)"/g, (_, data: string) =>
        Buffer.from(data, 'base64').toString('utf8'),
      );
    const reports = join(stage.dir, 'reports');
    const tags = Object.values(stage.lab.region.state).flatMap((objects) =>
      JSON.stringify(objects),
    );
    const visible = {
      histories: decoded,
      tags: tags.join('\n'),
      log,
      reports: readdirSync(reports, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'))
        .join('\n'),
      standing: JSON.stringify([await restore.standing(), await cleanUp.standing()]),
      commands: JSON.stringify(
        stage.lab.journal.since(0).filter(({ kind }) => kind === 'command' || kind === 'api'),
      ),
    };
    // What must be there is found: the search itself works.
    expect(decoded).toContain('circleci.example.com');
    expect(log).toContain('worker ready');
    expect(visible.reports).toContain('10.0.1.5');
    expect(visible.tags).toContain('runbook:record.1');
    expect(visible.reports).toContain('Builds that ran when the backup began');
    const secrets = [
      ...Object.values(plantedSecrets),
      token,
      refused,
      // A line from the middle of each key: the first ones are alike in all keys.
      ...['services_ed25519', 'bastion_ed25519'].map(
        (name) => readFileSync(join(stage.dir, name), 'utf8').split('\n')[2] ?? '',
      ),
      stage.environment['AWS_SECRET_ACCESS_KEY'] ?? '',
    ];
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(8);
      const found = Object.entries(visible).filter(([, text]) => text.includes(secret));
      expect(found.map(([where]) => where)).toEqual([]);
    }
  } finally {
    await stage.close();
  }
});
