/** What must hold in the world after a run, whatever the run says of itself. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { SimulatedMachine } from '../../src/lab/shapes';
import type { Stage } from './stage';

type Place = Pick<Stage, 'lab'>;

/** The live Services machine of a new lab. */
export const sourceId = 'i-0123456789abcdef0';

export function machineOf(stage: Place, id: string | undefined): SimulatedMachine {
  const machine = stage.lab.regions.of(id ?? '')?.machines.get(id ?? '');
  if (machine === undefined) throw new Error(`there is no machine ${String(id)}`);
  return machine;
}

/** The instances of every region. */
function instancesOf({ lab }: Place) {
  return lab.regions.all.flatMap(({ state }) => Object.values(state.instances));
}

/** Ids of the living machines that restores of this lab have made. */
export function madeByRestores(stage: Place): string[] {
  return instancesOf(stage)
    .filter(({ tags, state }) => tags['runbook:kind'] === 'restore' && state !== 'terminated')
    .map(({ id }) => id);
}

/** The one machine that restores have made; its app is up on its own address. */
export function restoredMachine(stage: Place): SimulatedMachine {
  const [id, ...others] = madeByRestores(stage);
  expect(others).toEqual([]);
  const machine = machineOf(stage, id);
  expect(machine.inspect()).toMatchObject({ app: { state: 'started', transitioning: false } });
  // Never an app that came up with another hostname than the one that was set.
  expect(machine.inspect()['serves']).toBe(machine.inspect()['hostname']);
  expect(instancesOf(stage).find(({ id: one }) => one === machine.instanceId)?.tags).toMatchObject({
    'runbook:state': 'restored',
    'runbook:todo': 'nothing',
  });
  expectSoundWorld(stage);
  return machine;
}

/** Whom the machine's operator dialled, in order. */
export function dialsOf({ lab }: Place, id: string | undefined): string[] {
  const events = lab.journal
    .since(0)
    .filter(({ kind, machine }) => kind === 'dial' && machine === id);
  return events.map(({ text }) => text);
}

/** Images of this lab that backups have made; one made by hand has another description. */
export function madeByBackups(stage: Place): string[] {
  return Object.values(stage.lab.region.state.images)
    .filter(({ description }) => description.startsWith('Backup of the CircleCI Services machine'))
    .map(({ id }) => id);
}

/** Fails when the world shows what no run may ever leave behind, however it ended. */
export function expectSoundWorld(stage: Place): void {
  expectOneOfEach(stage);
  expectNothingForeignTouched(stage);
  for (const id of madeByRestores(stage)) expectWholeFiles(stage, machineOf(stage, id));
  const source = stage.lab.region.machines.get(sourceId);
  if (source) expect(source.inspect()).toMatchObject({ app: { state: 'started' } });
}

/** One living machine for each restore, one image for each backup, and both bear their tags. */
function expectOneOfEach(stage: Place): void {
  const { instances, images, snapshots } = stage.lab.region.state;
  const launched = Object.values(instances).filter((one) => one.clientToken !== undefined);
  const imaged = madeByBackups(stage).flatMap((id) => images[id] ?? []);
  const snapped = Object.values(snapshots).filter((one) =>
    imaged.some((i) => i.id === one.imageId),
  );
  for (const { tags } of [...launched, ...imaged, ...snapped]) {
    expect(tags).toMatchObject({
      'runbook:installation': 'prod',
      'runbook:kind': expect.stringMatching(/^(restore|backup)$/),
      'runbook:run': expect.any(String),
    });
  }
  const living = launched.filter(({ state }) => state !== 'terminated');
  const runs = [...living, ...imaged].map(({ tags }) => tags['runbook:run']);
  expect(runs).toEqual([...new Set(runs)]);
}

/** Calls that change something, and what each of them may be about. */
function expectNothingForeignTouched(stage: Place): void {
  const { instances, snapshots } = stage.lab.region.state;
  const ours = new Set([
    ...Object.values(instances).flatMap((one) => (one.clientToken === undefined ? [] : one.id)),
    ...madeByBackups(stage),
    ...Object.keys(snapshots),
  ]);
  for (const { kind, text, data } of stage.lab.journal.since(0)) {
    const [action = ''] = text.split(' ', 1);
    if (kind !== 'ec2' || data?.['outcome'] !== 'ok' || /^(Describe|Get)/.test(action)) continue;
    const parameters = Object.entries(data['parameters'] as Record<string, string>);
    if (parameters.some(([name]) => name === 'DryRun')) continue;
    if (saysThatItsAppIsStopped(action, parameters)) continue;
    expect(['RunInstances', 'CreateImage', 'CreateTags', 'AssociateAddress']).toContain(action);
    if (action === 'RunInstances' || action === 'CreateImage') continue;
    const about = parameters.filter(([name]) => /^(InstanceId|ResourceId)\b/.test(name));
    expect(about.filter(([, id]) => !ours.has(id))).toEqual([]);
  }
}

/** The one word that a backup leaves on the live machine, and takes back: that it stopped its app. */
function saysThatItsAppIsStopped(action: string, parameters: [string, string][]): boolean {
  const keys = parameters.filter(([name]) => /^Tag\.\d+\.Key$/.test(name));
  const marks = keys.length === 1 && keys[0]?.[1] === 'runbook:app-stopped';
  return marks && (action === 'CreateTags' || action === 'DeleteTags');
}

/** Each address file is what the image holds or what it must become; then the original is kept. */
function expectWholeFiles({ lab }: Place, machine: SimulatedMachine): void {
  const { imageId = '', tags = {} } = lab.region.state.instances[machine.instanceId] ?? {};
  const [oldPrivate, oldPublic] = tags['runbook:replaces']?.split(' ') ?? [];
  const image = join(lab.region.imageFolder(imageId), 'root');
  for (const folder of ['etc/default', 'etc/sysconfig']) {
    for (const name of ['replicated', 'replicated-operator']) {
      const original = join(image, folder, name);
      // A support bundle can leave a folder of that name.
      if (oldPrivate === undefined || !isFile(original)) continue;
      const before = readFileSync(original, 'latin1');
      const after = rewritten(before, [
        [oldPrivate, machine.privateAddress],
        [oldPublic, machine.publicAddress],
      ]);
      const path = join(machine.root, folder, name);
      const now = readFileSync(path, 'latin1');
      expect([before, after]).toContain(now);
      const kept = join(
        machine.root,
        'var/lib/circleci-server-runbook',
        machine.instanceId,
        folder,
      );
      if (now === after) expect(readFileSync(join(kept, name), 'latin1')).toBe(before);
    }
  }
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

/** New content that an attempt left beside its file when it was cut off: it holds the token. */
export function strayFiles({ root }: SimulatedMachine): string[] {
  return ['etc/default/replicated', 'etc/sysconfig/replicated']
    .map((path) => join(root, path))
    .filter((path) => existsSync(path))
    .flatMap((path) =>
      readdirSync(dirname(path)).filter((name) => name.startsWith(`${basename(path)}.new-`)),
    );
}

type Change = readonly [string | undefined, string | undefined];

/** What a person would type: every whole address, and the host name that EC2 makes of it. */
function rewritten(text: string, changes: readonly Change[]): string {
  return changes.reduce((done, [from, to]) => {
    if (from === undefined || to === undefined) return done;
    const named = (address: string): string => `ip-${address.replaceAll('.', '-')}`;
    return replaceWhole(replaceWhole(done, from, to), named(from), named(to));
  }, text);
}

function replaceWhole(text: string, from: string, to: string): string {
  const whole = `(?<![\\w.-])${from.replaceAll('.', '\\.')}(?![\\w-]|\\.\\d)`;
  return text.replace(new RegExp(whole, 'g'), to);
}
