/** A frozen worker goes on where it was, when its run has long been finished by others. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createActivities, type Activities } from '../../src/activities';
import { seeded, seededElsewhere } from '../../src/lab/region/seed';
import { whyNoSandbox } from '../../src/lab/shell/real-sandbox';
import type { World } from '../../src/world';
import { needs } from '../requirements';
import { control } from '../stories/stage';
import * as furnished from './furnished';
import { rows } from './rows';
import * as runs from './runs';
import { ZombieStage, type Thawed } from './stage';

jest.setTimeout(180_000);

const { region } = seeded;
let stage: ZombieStage;
/** What the steps of all runs were seen to do. */
const seen = new Map<string, { frozen: number; effects: number }>();

afterEach(() => {
  for (const [name, { frozen, effects }] of stage.performed) {
    const known = seen.get(name) ?? { frozen: 0, effects: 0 };
    seen.set(name, { frozen: known.frozen + frozen, effects: known.effects + effects.length });
  }
  stage.performed.clear();
});

/** Wakes all that is frozen: nothing may come of it, and what a machine keeps out is told so. */
async function nothingComesOf(): Promise<readonly Thawed[]> {
  const { thawed, changed } = await stage.thaw();
  expect(thawed.length).toBeGreaterThan(0);
  expect(thawed.filter(({ effects }) => effects.length > 0)).toEqual([]);
  expect(changed).toEqual([]);
  // What only looks is not to take the machine's lock, nor to fail where it keeps no token.
  expect(thawed.filter(({ place }) => place.includes(': the look '))).toEqual([]);
  const otherwise = thawed.filter(({ end }) => end !== 'Superseded');
  expect(otherwise.filter(({ activity }) => !mayGoOn.includes(activity))).toEqual([]);
  return thawed;
}

/** A tag that is not taken off is no reason to fail there, and nothing comes after it. */
const mayGoOn: readonly (keyof Activities)[] = ['startAppAgain'];

// One story, in this order: what a run has made is what the next one works with.
describe('once its run is finished by others, a worker that was frozen changes nothing', () => {
  beforeAll(async () => {
    const spare = {
      region,
      subnet: seeded.subnets[1],
      securityGroups: [seeded.servicesGroup],
      quarantineSecurityGroup: seeded.quarantineGroup,
    };
    const { subnet, quarantineSecurityGroup } = spare;
    stage = await ZombieStage.open({
      installation: {
        ...{ reachedBy: { elasticIp: seeded.elasticIp }, keep: { last: 1 } },
        copies: [{ region: seededElsewhere.region }],
        ...{ spare, drill: { subnet, quarantineSecurityGroup } },
        launch: { instanceType: 'm5.2xlarge' },
      },
    });
    await furnished.withVolumeAndFiles(stage);
  });
  afterAll(() => stage.close());

  test('in a backup that stops the app', async () => {
    await runs.backUp(stage);
    await nothingComesOf();
  });

  test('in a clean-up of build records', async () => {
    await runs.cleanUpBuilds(stage);
    await nothingComesOf();
  });

  test('in a removal of old backups', async () => {
    await runs.backUp(stage, { name: 'backup-2' });
    await runs.prune(stage);
    await nothingComesOf();
  });

  test('once its run has told the machine that it has ended', async () => {
    const { closed } = await runs.abandon(stage);
    await closed();
    expect(await nothingComesOf()).toHaveLength(5);
  });

  test('once a newer run has looked at the machine', async () => {
    await runs.abandon(stage);
    await runs.lookAtMachine(stage);
    expect(await nothingComesOf()).toHaveLength(5);
  });

  test('in the making and retiring of spares, and in a takeover', async () => {
    for (const name of ['spare-1', 'spare-2']) {
      const { rest } = await runs.refreshSpare(stage, name);
      await nothingComesOf();
      await rest();
      await nothingComesOf();
    }
    await furnished.loseIt(stage);
    await runs.takeOver(stage);
    await nothingComesOf();
  });

  test('in a drill', async () => {
    const { close } = await runs.drill(stage);
    await nothingComesOf();
    await close();
    await nothingComesOf();
  });

  test('in a restore to a machine that is silent', async () => {
    await runs.restore(stage);
    await nothingComesOf();
  });
});

// restic runs in a sandbox; without one the objects are only mounted.
const hasRestic = needs('restic', 'bwrap', '/usr/sbin/sshd') && whyNoSandbox() === undefined;

describe('the same', () => {
  let folder: string;
  beforeAll(async () => {
    const { objectsPath: path, objectsSource: source, restic } = furnished;
    const objectStorage = { kind: 'nfs', path, source, ...(hasRestic ? { restic } : {}) };
    stage = await ZombieStage.open({
      shell: hasRestic ? 'real' : 'portable',
      installation: { hostname: 'ci.example.com', objectStorage },
    });
    folder = await furnished.withExport(stage);
    if (hasRestic) await furnished.initRestic(stage);
    await control(stage.lab, `/machines/${seeded.servicesMachine}/set`, { cloudInit: 'ignores' });
  });
  afterAll(() => stage.close());

  test('in a restore to a machine that is not silent, under another name', async () => {
    await runs.backUp(stage, { consistency: 'no-reboot' });
    await nothingComesOf();
    await furnished.loseIt(stage);
    if (hasRestic) {
      for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
    }
    await runs.restore(stage);
    await nothingComesOf();
  });
});

test('each activity has a row, and did what its row says', () => {
  const names = Object.keys(createActivities({} as World));
  expect(Object.keys(rows).toSorted()).toEqual(names.toSorted());
  const otherwise = Object.entries(rows).filter(([name, row]) => {
    if (name === 'restoreObjects' && !hasRestic) return false;
    const did = seen.get(name);
    if (row === 'changes') return did === undefined || did.frozen === 0 || did.effects === 0;
    return row === 'looks' && (did === undefined || did.frozen + did.effects > 0);
  });
  expect(otherwise).toEqual([]);
});
