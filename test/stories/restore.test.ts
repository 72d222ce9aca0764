import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../../src/contract/reports';
import type { LabOptions } from '../../src/lab/compose';
import { needs } from '../requirements';
import { headingsOf } from './headings';
import { usualRestore } from './journals';
import { control, linesOf, setStage, storyOf, type Stage } from './stage';
import { dialsOf, machineOf, sourceId } from './world-checks';

jest.setTimeout(120_000);

type Place = Pick<LabOptions, 'profile' | 'shell' | 'init'>;
const portable: Place[] = [
  { profile: 'debian', shell: 'portable', init: 'systemd' },
  { profile: 'debian', shell: 'portable', init: 'upstart' },
  { profile: 'rhel', shell: 'portable', init: 'systemd' },
];
const real: Place[] = [
  { profile: 'debian', shell: 'real', init: 'systemd' },
  { profile: 'rhel', shell: 'real', init: 'systemd' },
];
const places = needs('bwrap', 'sshd') ? [...portable, ...real] : portable;

describe.each(places)('on $profile with $init, $shell shell', (place) => {
  let stage: Stage;
  let backup: Report;
  let restore: Report;
  let before = { daemon: '', operator: '' };
  const folder = place.profile === 'rhel' ? 'etc/sysconfig' : 'etc/default';

  beforeAll(async () => {
    stage = await setStage({ ...place, underPolicies: true });
    const { root } = machineOf(stage, sourceId);
    before = {
      daemon: readFileSync(join(root, folder, 'replicated'), 'utf8'),
      operator: readFileSync(join(root, folder, 'replicated-operator'), 'utf8'),
    };
    const backingUp = await stage.start('backup', { installation: 'prod' });
    backup = await backingUp.report();
    await control(stage.lab, `/machines/${sourceId}/lose`);
    const restoring = await stage.start('restore', { installation: 'prod' });
    restore = await restoring.finish();
  });
  afterAll(() => stage.close());

  test('one machine runs, launched from the one image', () => {
    const { instances, images } = stage.lab.region.state;
    const living = Object.values(instances).filter(({ state }) => state === 'running');
    expect(living).toMatchObject([{ id: restore.instanceId, imageId: backup.imageId }]);
    expect(Object.values(images).filter(({ foreign }) => !foreign)).toHaveLength(1);
  });

  test('its two files carry its own addresses, and nothing else in them changed', () => {
    const { root, privateAddress, publicAddress = '' } = machineOf(stage, restore.instanceId);
    const expected = (text: string): string =>
      text
        .replace(/\b10\.0\.1\.5\b/g, privateAddress)
        .replace(/\b10-0-1-5\b/g, privateAddress.replaceAll('.', '-'))
        .replace(/\b203\.0\.113\.10\b/g, publicAddress);
    for (const [name, text] of [
      ['replicated', before.daemon],
      ['replicated-operator', before.operator],
    ] as const) {
      const path = join(root, folder, name);
      expect(text).toContain('10.0.1.5');
      expect(readFileSync(path, 'utf8')).toBe(expected(text));
      const kept = join(root, 'var/lib/circleci-server-runbook', restore.instanceId ?? '', folder);
      expect(readFileSync(join(kept, name), 'utf8')).toBe(text);
      expect(statSync(path).mode).toBe(statSync(join(kept, name)).mode);
    }
  });

  test('its app runs on its own address, and Nomad has forgotten the old one', () => {
    const machine = machineOf(stage, restore.instanceId);
    const seen = JSON.stringify(machine.inspect());
    expect(machine.inspect()).toMatchObject({ app: { state: 'started', transitioning: false } });
    expect(seen).not.toContain('"10.0.1.5"');
    const peers = readFileSync(join(machine.root, 'opt/nomad/server/raft/peers.info'), 'latin1');
    expect(peers).toContain(machine.privateAddress);
  });

  test('the effects came in the order of the document', () => {
    const effects = stage.lab.journal
      .since(0)
      .filter(({ machine, kind }) => machine === restore.instanceId && kind !== 'ssh')
      .map(({ kind, text }) => (kind === 'command' ? commandOf(text) : text))
      .filter((text) => text !== '');
    const order = [
      'replaces replicated',
      'replaces replicated-operator',
      'removes /opt/nomad',
      'replicated started',
      'the app starts by itself',
      'the app is started',
    ];
    const places = order.map((text) => effects.lastIndexOf(text));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(effects).not.toContain('the app is told to stop');
  });

  test('it dialled nobody but itself, from its first boot on', () => {
    const { privateAddress } = machineOf(stage, restore.instanceId);
    expect(dialsOf(stage, restore.instanceId)).toEqual([
      `replicated-operator dials ${privateAddress}:9879: reaches this machine`,
    ]);
    const stopped = restore.journal.find(({ title }) => title === '2. Stop the app');
    expect(stopped?.note).toContain('it has not started: its units are kept from starting');
  });

  test('nothing of the source was changed', () => {
    const changing = /^(Run|Start|Stop|Reboot|Terminate|Modify|Create|Delete|Associate)/;
    const calls = stage.lab.journal
      .since(0)
      .filter(
        ({ kind, machine, text }) => kind === 'ec2' && machine === sourceId && changing.test(text),
      )
      .map(({ text }) => text.split(' ', 1)[0]);
    expect(calls).toEqual(['CreateImage']);
  });

  test('the journals have the lines of their pages', () => {
    expect(linesOf(backup.journal)).toEqual(headingsOf('backup'));
    expect(linesOf(restore.journal)).toEqual(headingsOf('restore'));
  });

  test('the story of the restore', () => {
    expect(storyOf(restore.journal)).toEqual(usualRestore);
  });
});

/** What a command line of the machine changed; empty for one that only looks. */
function commandOf(text: string): string {
  const replaced = /circleci-server-runbook\/i-\w+\/etc\/\w+\/([\w-]+)/.exec(text);
  if (replaced) return `replaces ${replaced[1] ?? ''}`;
  return text.includes('mv -T /opt/nomad') ? 'removes /opt/nomad' : '';
}
