/** `runbook watch`, the built program: what no run can tell is told once, and once when it ends. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { appStoppedTag } from '../../src/machine/app/app-stopped-tag';
import { runbook } from './command-line';
import { startReceiver, type Receiver } from './receiver';
import { setStage, type Stage } from './stage';
import { sourceId } from './world-checks';

jest.setTimeout(180_000);

describe('a watch', () => {
  let stage: Stage;
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startReceiver('take');
    stage = await setStage({ notify: { url: receiver.url } });
    await (await stage.start('backup', { installation: 'prod' })).report();
  });
  afterAll(async () => {
    await stage.close();
    await receiver.close();
  });

  interface Told {
    readonly event: string;
    readonly fact: string;
  }
  /** One look; gives its status and what the receiver took in it. */
  async function look(environment: Record<string, string> = {}) {
    const before = receiver.arrived.length;
    const said = await runbook({ ...stage.environment, ...environment }, 'watch', '--json');
    const told = receiver.arrived
      .slice(before)
      .filter(({ answered }) => answered === 'take')
      .map(({ message }) => message as unknown as Told)
      .map(({ event, fact }) => `${event} ${fact}`);
    return { ...said, told };
  }
  const nowhere = { TEMPORAL_ADDRESS: '127.0.0.1:1' };
  const tags = () => stage.lab.region.state.instances[sourceId]?.tags ?? {};

  test('says nothing when nothing is wrong', async () => {
    expect(await look()).toMatchObject({ status: 0, told: [] });
  });

  test('tells that Temporal is down, once, and that it is back', async () => {
    expect(await look(nowhere)).toMatchObject({ status: 4, told: ['trouble temporal'] });
    expect(await look(nowhere)).toMatchObject({ status: 4, told: [] });
    expect(await look()).toMatchObject({ status: 0, told: ['over temporal'] });
    expect(await look()).toMatchObject({ status: 0, told: [] });
  });

  test('tries again what nobody took', async () => {
    receiver.answer(503);
    expect(await look(nowhere)).toMatchObject({ told: [], out: expect.stringContaining('503') });
    receiver.answer('take');
    expect(await look(nowhere)).toMatchObject({ told: ['trouble temporal'] });
    expect(await look()).toMatchObject({ told: ['over temporal'] });
    const tries = receiver.of('trouble').slice(-2);
    expect(new Set(tries.map(({ id }) => id)).size).toBe(1);
  });

  test('tells of an app that was stopped for too long, also while Temporal is down', async () => {
    const since = new Date(Date.now() - 3_600_000).toISOString();
    const mark = (budgetSeconds: number) => appStoppedTag({ since, budgetSeconds, by: 'backup-1' });
    tags()['runbook:app-stopped'] = mark(7200);
    expect((await look()).told).toEqual([]);
    tags()['runbook:app-stopped'] = mark(1800);
    const { told } = await look(nowhere);
    expect(told).toEqual(['trouble temporal', `trouble app/${sourceId}/${since}`]);
    delete tags()['runbook:app-stopped'];
    expect((await look()).told.sort()).toEqual([`over app/${sourceId}/${since}`, 'over temporal']);
  });

  test('tells that no worker polls, and of a gate that ends soon', async () => {
    const other = { RUNBOOK_TASK_QUEUE: 'nobody-polls-this' };
    expect((await look(other)).told).toEqual(['trouble worker/nobody-polls-this']);
    expect((await look()).told).toEqual(['over worker/nobody-polls-this']);
  });

  test('keeps what it told in a file of its own user, and survives a broken one', async () => {
    const file = join(stage.dir, 'reports', 'watch.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await look(nowhere);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject([{ key: 'temporal' }]);
    writeFileSync(file, '{"half of');
    expect(await look(nowhere)).toMatchObject({ status: 4, told: ['trouble temporal'] });
  });
});
