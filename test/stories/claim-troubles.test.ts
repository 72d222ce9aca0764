/** Temporal does not tell who holds a claim: a person is asked, and told where nobody watches. */
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { lostMachine } from './crash';
import { setStage, type Stage } from './stage';
import { madeByBackups, madeByRestores, restoredMachine } from './world-checks';

jest.setTimeout(120_000);

const asking = 'Who holds the claim';
const holding = 'Do we still hold the claim?';

/** Loaded before the worker: looks at claims fail as those at a server that does not answer. */
function preload(dir: string): Record<string, string> {
  const path = join(dir, 'preload.cjs');
  const module = join(__dirname, '../../lib/activities/every-run/claim-holder.js');
  writeFileSync(
    path,
    `const { existsSync } = require('node:fs');
     const holder = require(${JSON.stringify(module)});
     for (const name of ['findHolder', 'checkClaim']) {
       const real = holder[name];
       holder[name] = () => async (input) => {
         if (existsSync(${JSON.stringify(dir)} + '/no-' + name)) throw new Error('14 UNAVAILABLE');
         return real()(input);
       };
     }`,
  );
  return { NODE_OPTIONS: `--require ${path}` };
}

describe('when Temporal does not tell who holds a claim', () => {
  let stage: Stage;
  const told: { event?: string; summary?: string; gate?: { title: string } }[] = [];
  const receiver = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      told.push(JSON.parse(text) as (typeof told)[number]);
      response.end();
    });
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const { port } = receiver.address() as AddressInfo;
    stage = await setStage({
      limits: { unattendedGate: '2 seconds' },
      notify: { url: `http://127.0.0.1:${String(port)}/` },
      moreEnvironment: preload,
    });
  });
  afterAll(async () => {
    await stage.close();
    receiver.close();
  });
  const break_ = (name: string): void => {
    writeFileSync(join(stage.dir, `no-${name}`), '');
  };
  const mend = (name: string): void => {
    rmSync(join(stage.dir, `no-${name}`));
  };

  test('a backup asks what to do, makes no image meanwhile, and goes on', async () => {
    break_('findHolder');
    const run = await stage.start('backup', { installation: 'prod' });
    const gate = await run.gate(`failed: ${asking}`);
    expect(gate.details).toContain('14 UNAVAILABLE');
    expect(gate.answers).toEqual(['retry', 'abort']);
    expect(madeByBackups(stage)).toEqual([]);
    mend('findHolder');
    await run.answer('retry', gate);
    expect(await run.report()).toMatchObject({ status: 'done' });
    expect(madeByBackups(stage)).toHaveLength(1);
  });

  test('one that nobody watches ends, and people are told', async () => {
    break_('findHolder');
    told.length = 0;
    const run = await stage.start('backup', { installation: 'prod', unattended: true });
    await expect(run.handle.result()).rejects.toMatchObject({ cause: { type: 'GateExpired' } });
    const { report } = await run.standing();
    expect(report).toMatchObject({ status: 'expired' });
    expect(report?.summary).toContain(asking);
    expect(JSON.stringify(told)).toContain('14 UNAVAILABLE');
    const events = told.map(({ event }) => event);
    expect(events).toEqual(expect.arrayContaining(['gate', 'end']));
    expect(madeByBackups(stage)).toHaveLength(1);
    mend('findHolder');
  });

  test('a restore launches nothing before it knows that it still holds its own', async () => {
    await lostMachine(stage);
    break_('checkClaim');
    const run = await stage.start('restore', { installation: 'prod' });
    const gate = await run.approveUntil(`failed: ${holding}`);
    expect(gate.details).toContain('14 UNAVAILABLE');
    expect(gate.answers).toEqual(['retry', 'abort']);
    expect(madeByRestores(stage)).toEqual([]);
    mend('checkClaim');
    await run.answer('retry', gate);
    await run.finish();
    restoredMachine(stage);
  });
});
