import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { applianceCommands } from '../../src/lab/appliance';
import type { Report } from '../../src/contract/reports';
import { decodeRecord, encodeRecord } from '../../src/machine/backups/record-tags';
import { control, eventually, setStage, type Run, type Stage } from './stage';
import { expectSoundWorld, machineOf, restoredMachine, sourceId } from './world-checks';

jest.setTimeout(120_000);

let stage: Stage;
beforeEach(async () => {
  stage = await setStage();
});
afterEach(() => stage.close());

const asking = 'Confirm where the databases are';
const password = 'correct-horse-battery';
const databases = ['postgres', 'mongo', 'vault-cci'];

/** Points the app to databases on other machines, as the vendor's page on them does. */
function customize(): void {
  const files = {
    'etc/circle-installation-customizations':
      `MONGO_BASE_URI=mongodb://circle:${password}@mongo.example.com:27017\n` +
      'export CIRCLE_SECRETS_MONGODB_MAIN_URI="$MONGO_BASE_URI/circle_ghe?ssl=true"\n',
    'etc/circleconfig/shared/postgresql': `export POSTGRES_HOST="db.example.com"\nexport POSTGRES_PASSWORD="${password}"\n`,
    'etc/circleconfig/shared/vault': `export VAULT__HOST="vault.example.com"\n`,
  };
  const { root } = machineOf(stage, sourceId);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

const set = (facts: object): Promise<unknown> =>
  control(stage.lab, `/machines/${sourceId}/set`, facts);
const backUp = async (): Promise<Report> =>
  (await stage.start('backup', { installation: 'prod', unattended: true })).report();
const lose = (): Promise<unknown> => control(stage.lab, `/machines/${sourceId}/lose`);
/** Everything in the history of a run, with its payloads in the clear. */
async function textOf({ handle }: Run): Promise<string> {
  const json = historyToJSON(await handle.fetchHistory());
  return json.replace(/"data":\s*"([^"]+)"/g, (_, data: string) =>
    Buffer.from(data, 'base64').toString('utf8'),
  );
}
const lineOf = ({ journal }: Report): unknown => journal.find(({ title }) => title === asking);

test('are in the machine where only builds run on other machines', async () => {
  const { notes, record, imageId = '' } = await backUp();
  expect(notes.filter((note) => note.includes('databases'))).toEqual([]);
  expect(record).toMatchObject({ externalServices: false });
  expect(record?.databases?.services[0]).toEqual({
    service: 'PostgreSQL',
    container: 'runs',
    folder: 'holds',
    elsewhere: [],
  });
  await lose();
  const report = await (await stage.start('restore', { installation: 'prod' })).finish();
  expect(lineOf(report)).toMatchObject({ state: 'not needed', note: 'the image holds them' });
  restoredMachine(stage);
  // So `runbook check` does not say that no backup was ever proven.
  const { tags } = stage.lab.region.state.images[imageId] ?? {};
  expect(tags?.['runbook:proven']).toMatch(/^\d{4}-\S+Z passed$/);
});

test('are in the machine also while its app is stopped', async () => {
  const input = { args: ['app', 'stop'], stdin: '', tty: true };
  await applianceCommands['replicatedctl']?.(machineOf(stage, sourceId), input);
  await eventually('the app stops', 30, () => {
    const { app } = machineOf(stage, sourceId).inspect() as { app: { state: string } };
    return app.state === 'stopped' ? true : undefined;
  });
  const { notes, record } = await backUp();
  expect(notes.filter((note) => note.includes('databases'))).toEqual([]);
  expect(record?.databases?.services[0]).toMatchObject({ folder: 'holds', elsewhere: [] });
  expect(record?.databases?.services[0]?.container).toBeUndefined();
});

test('on other machines: a backup says which, and a restore refuses until that is known', async () => {
  customize();
  await set({ elsewhere: databases });
  const backup = await backUp();
  const noted = backup.notes.join('\n');
  expect(noted).toContain('does NOT hold all of the databases');
  expect(noted).toContain(
    'PostgreSQL: no container, while the app is up; /data/circle/postgres holds files; ' +
      'the customisations name db.example.com (POSTGRES_HOST)',
  );
  expect(noted).toContain('Redis: its container runs');
  await lose();
  const refused = await stage.start('restore', { installation: 'prod' });
  await expect(refused.handle.result()).rejects.toMatchObject({
    cause: { type: 'ExternalServices', message: expect.stringContaining('mongo.example.com') },
  });
  const acknowledge = ['external-services'];
  const run = await stage.start('restore', { installation: 'prod', acknowledge });
  const report = await run.finish();
  expect(lineOf(report)).toMatchObject({ state: 'not needed' });
  restoredMachine(stage);
  expect(await textOf(run)).toContain('db.example.com');
  expect(await textOf(run)).not.toContain(password);
});

test('signs that disagree are told by the backup, and asked about before anything is launched', async () => {
  customize();
  const backup = await stage.start('backup', { installation: 'prod', unattended: true });
  const { notes, record, imageId } = await backup.report();
  expect(notes.join('\n')).toMatch(
    /Whether this image holds the databases is NOT known: the signs disagree.* MongoDB: its container runs; .* name mongo\.example\.com/,
  );
  expect(record?.databases?.configured).toBeUndefined();
  expect(await textOf(backup)).toContain('db.example.com');
  expect(await textOf(backup)).not.toContain(password);
  await lose();
  const run = await stage.start('restore', { installation: 'prod' });
  const gate = await run.gate(asking);
  expect(gate.details).toContain(`Does **${imageId ?? ''}** hold the databases`);
  expect(gate.details).toContain('- Vault: its container runs; ');
  expectSoundWorld(stage);
  await run.answer('approve', gate);
  expect(lineOf(await run.finish())).toMatchObject({ state: 'approved' });
  restoredMachine(stage);
});

test('a backup of a version that deduced it from one setting is asked about, not refused', async () => {
  const { imageId = '' } = await backUp();
  const image = stage.lab.region.state.images[imageId];
  const record = image && decodeRecord(image.tags);
  if (!record) throw new Error('no record');
  const { databases: _, ...old } = record;
  Object.assign(image.tags, encodeRecord({ ...old, externalServices: true }));
  for (const name of Object.keys(image.tags)) {
    const isWritten = name in encodeRecord({ ...old, externalServices: true });
    if (name.startsWith('runbook:record.') && !isWritten) Reflect.deleteProperty(image.tags, name);
  }
  await lose();
  const run = await stage.start('restore', { installation: 'prod' });
  const gate = await run.gate(asking);
  expect(gate.details).toContain('versions before took `allow_cluster` for it');
  await run.answer('reject', gate);
  await expect(run.handle.result()).rejects.toMatchObject({ cause: { type: 'Rejected' } });
  const acknowledge = ['external-services'];
  const known = await stage.start('restore', { installation: 'prod', acknowledge });
  await known.finish();
  restoredMachine(stage);
});
