import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lab } from '../../src/lab/compose';
import { startLab } from '../../src/lab/lab';
import { seeded } from '../../src/lab/region/seed';

const dir = mkdtempSync(join(tmpdir(), 'lab-api-'));
let lab: Lab;
beforeAll(async () => {
  lab = await startLab({ dir, speed: 60 });
});
afterAll(async () => {
  await lab.stop();
  rmSync(dir, { recursive: true });
});

const ask = (query: string, token = readFileSync(join(dir, 'circleci_token'), 'utf8').trim()) =>
  fetch(`${lab.circleciUrl}/api/v1.1/recent-builds${query}`, {
    headers: { 'circle-token': token },
  });
const numbers = async (query: string): Promise<unknown[]> =>
  ((await (await ask(query)).json()) as { build_num: number }[]).map((build) => build.build_num);
const control = (path: string, body: object) =>
  fetch(lab.controlUrl + path, { method: 'POST', body: JSON.stringify(body) });
const set = (body: object) => control(`/machines/${seeded.servicesMachine}/set`, body);

test('tells the builds of the machine, filtered and by pages', async () => {
  expect(await numbers('')).toEqual([1201, 1202, 77, 1200]);
  expect(await numbers('?filter=running')).toEqual([1201, 1202, 77]);
  expect(await numbers('?filter=running&limit=2')).toEqual([1201, 1202]);
  expect(await numbers('?filter=running&limit=2&offset=2')).toEqual([77]);
});

test('takes its own token alone', async () => {
  expect((await ask('', 'another')).status).toBe(401);
  expect((await fetch(`${lab.circleciUrl}/api/v1.1/recent-builds`)).status).toBe(401);
});

test('is not there while the name leads elsewhere or the app is down', async () => {
  await control('/dns', { name: seeded.hostname, address: '10.9.9.9' });
  await expect(ask('')).rejects.toThrow('fetch failed');
  await control('/dns', { name: seeded.hostname, address: seeded.privateAddress });
  expect((await ask('')).status).toBe(200);
  await set({ builds: [] });
  expect(await numbers('')).toEqual([]);
  await control(`/machines/${seeded.servicesMachine}/lose`, {});
  await expect(ask('')).rejects.toThrow('fetch failed');
});
