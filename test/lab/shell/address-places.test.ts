/** Where a machine keeps its addresses, as the portable shell finds them. */
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  lookForAddressFiles,
  parseAddressFiles,
  type AddressFiles,
} from '../../../src/machine/addresses/address-files';
import { naming, parseSearch, searchForAddresses } from '../../../src/machine/stale/search';
import { lookForTraces, parseTraces } from '../../../src/machine/addresses/old-traces';
import { openStage, run, type Stage } from './session';
import { isElsewhere, seededMentions, seedStalePlaces, staleLines } from './stale-places';

let stage: Stage;
afterEach(() => stage.end());

const path = (name: string): string => join(stage.machine.root, name);
const found = async (): Promise<AddressFiles> =>
  parseAddressFiles((await run(stage.client, lookForAddressFiles)).stdout);

test.each([
  { distribution: 'debian', init: 'systemd', folder: '/etc/default' },
  { distribution: 'debian', init: 'upstart', folder: '/etc/default' },
  { distribution: 'rhel', init: 'systemd', folder: '/etc/sysconfig' },
  { distribution: 'rhel', init: 'upstart', folder: '/etc/default' },
] as const)('$distribution with $init keeps them in $folder', async ({ folder, ...profile }) => {
  stage = await openStage(profile);
  const files = [`${folder}/replicated`, `${folder}/replicated-operator`];
  expect((await found()).read).toEqual(files);
  expect(stage.machine.inspect()).toMatchObject({ localAddress: '10.0.1.5' });
});

test('a folder of a file’s name is none, a link to the file is, a loop of links is not', async () => {
  stage = await openStage();
  mkdirSync(path('etc/sysconfig/replicated'), { recursive: true });
  symlinkSync('replicated-operator', path('etc/sysconfig/replicated-operator'));
  expect(await found()).toMatchObject({
    daemon: ['/etc/default/replicated'],
    operator: ['/etc/default/replicated-operator'],
  });
  renameSync(path('etc/default/replicated'), path('etc/default/own'));
  symlinkSync('own', path('etc/default/replicated'));
  expect((await found()).daemon).toEqual(['/etc/default/replicated']);
});

test('what a unit names is read by the unit, and found', async () => {
  stage = await openStage();
  const unit = path('etc/systemd/system/replicated.service');
  mkdirSync(dirname(unit), { recursive: true });
  writeFileSync(unit, '[Service]\nEnvironmentFile=/srv/replicated\n');
  mkdirSync(path('srv'));
  writeFileSync(path('srv/replicated'), 'PRIVATE_ADDRESS=10.0.1.99\n');
  expect((await found()).daemon).toEqual(['/srv/replicated', '/etc/default/replicated']);
  const restart = { script: 'systemctl restart replicated', args: [], timeoutSeconds: 9 };
  expect((await run(stage.client, restart)).code).toBe(0);
  expect(stage.machine.inspect()).toMatchObject({ localAddress: '10.0.1.99' });
  rmSync(path('srv/replicated'));
  expect((await found()).missing).toMatchObject([{ path: '/srv/replicated' }]);
  expect((await run(stage.client, restart)).code).toBe(1);
});

test('whole old addresses are found wherever programs read them', async () => {
  stage = await openStage();
  seedStalePlaces(stage.machine.root);
  const old = ['10.0.1.5', '203.0.113.10'];
  const { stdout } = await run(stage.client, searchForAddresses(old));
  const { lines: all, more, isCut } = parseSearch(stdout);
  const lines = naming(all, old);
  expect([more, isCut]).toEqual([0, false]);
  const places = lines.map(({ path: file, line }) => `${file}:${String(line)}`);
  expect(places.filter(isElsewhere).sort()).toEqual([...seededMentions, ...staleLines].sort());
  expect(places.some((place) => place.startsWith('/etc/default/replicated:'))).toBe(true);
});

test('more lines than are printed are counted', async () => {
  stage = await openStage();
  writeFileSync(path('etc/many'), '10.0.1.5\n'.repeat(1000));
  const { stdout } = await run(stage.client, searchForAddresses(['10.0.1.5']));
  const { lines, more } = parseSearch(stdout);
  expect(lines).toHaveLength(300);
  expect(more).toBeGreaterThanOrEqual(700);
});

test('what else tells the address that the image was made with', async () => {
  stage = await openStage();
  const own = ['10.0.1.57'];
  const found = async () => parseTraces((await run(stage.client, lookForTraces)).stdout, own);
  expect(await found()).toEqual({
    address: '10.0.1.5',
    signs: [
      'Nomad’s Raft peers',
      'Replicated’s no_proxy',
      'NODENAME in the address files',
      'the names of Docker’s images',
      '/etc/hosts',
      '/etc/replicated.conf',
    ],
  });
});
