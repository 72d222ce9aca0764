/** `runbook check`, the built program, with nobody at Temporal's address: AWS's tags are all it has. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateImageCommand, CreateTagsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { parse, stringify } from 'yaml';
import type { Lab } from '../../src/lab/compose';
import { labEnvironment } from '../../src/lab/config-file';
import { startLab } from '../../src/lab/lab';
import { reads, writes } from '../../src/lab/region/actions';
import { encodeRecord } from '../../src/machine/backups/record-tags';
import { readExposition } from '../cli/freshness/exposition';
import { record } from '../machine/backups/sample-backups';
import { runbook } from './command-line';
import { eventually } from './stage';
import { sourceId } from './world-checks';

jest.setTimeout(60_000);

const hour = 3_600_000;

describe('a check of the backups', () => {
  let dir = '';
  let lab: Lab;
  let ec2: EC2Client;
  let file = '';

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'runbook-check-'));
    file = join(dir, 'runbook.prom');
    // At the speed of the real clock, by which the check judges.
    lab = await startLab({ dir, speed: 1, timings: { image: 0.1, visible: 0 } });
    const credentials = { accessKeyId: 'CRON', secretAccessKey: 'opens-nothing' };
    ec2 = new EC2Client({ region: 'us-east-1', endpoint: lab.ec2Url, credentials });
  });
  afterAll(async () => {
    ec2.destroy();
    await lab.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  afterEach(() => {
    lab.faults.remove();
    lab.faults.deny([]);
  });

  /** Makes an image as a backup does, and dates it back. */
  async function backUp(name: string, hoursAgo: number, state = 'available'): Promise<string> {
    const installation = name.split('-')[0] ?? '';
    const takenAt = new Date(Date.now() - hoursAgo * hour).toISOString();
    const dated = { ...record, installation, takenAt, run: `backup-${name}` };
    const Tags = Object.entries(encodeRecord(dated)).map(([Key, Value]) => ({ Key, Value }));
    const { ImageId = '' } = await ec2.send(
      new CreateImageCommand({
        InstanceId: sourceId,
        Name: name,
        NoReboot: true,
        TagSpecifications: [{ ResourceType: 'image', Tags }],
      }),
    );
    const image = await eventually(`${name} is ${state}`, 10, () => {
      const made = lab.region.state.images[ImageId];
      return made?.state === state ? made : undefined;
    });
    image.createdAt = Date.parse(takenAt);
    await tag(ImageId, 'runbook:verified', 'yes');
    return ImageId;
  }

  async function tag(id: string, Key: string, Value: string): Promise<void> {
    await ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key, Value }] }));
  }

  /** Runs the built program; its lines, its status, and which packages it has loaded. */
  async function check(...args: string[]) {
    const probe = join(dir, 'probe.js');
    const loaded = join(dir, 'loaded');
    writeFileSync(
      probe,
      `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(loaded)},` +
        `Object.keys(require.cache).join('\\n')));`,
    );
    const environment = {
      ...labEnvironment(dir, lab.ec2Url),
      NODE_OPTIONS: `--require=${probe}`,
      // Nothing listens on port 1.
      TEMPORAL_ADDRESS: '127.0.0.1:1',
    };
    const said = await runbook(environment, 'check', ...args);
    return { ...said, loaded: readFileSync(loaded, 'utf8') };
  }

  /** The number of a metric for an installation, from the file as it is now. */
  function metric(name: string, installation = 'prod'): number | undefined {
    const samples = readExposition(readFileSync(file, 'utf8')).get(`circleci_runbook_${name}`);
    return samples?.find(({ labels }) => labels['installation'] === installation)?.value;
  }

  test('fails where nothing was ever backed up', async () => {
    const { status, out, err } = await check('--prometheus', file);
    expect([status, err]).toEqual([5, '']);
    expect(out).toContain('FAIL  prod: there is no usable backup  → make one now');
    expect(metric('backup_fresh')).toBe(0);
    expect(metric('check_success')).toBe(1);
    expect(statSync(file).mode & 0o777).toBe(0o644);
  });

  test('passes with a backup of the last night, without Temporal and without SSH', async () => {
    const id = await backUp('prod-1', 3);
    const { status, out, loaded } = await check('--prometheus', file);
    expect(status).toBe(0);
    expect(out).toMatch(
      new RegExp(
        `^ok +prod: newest usable backup ${id} taken .+ UTC, age 3 h( \\d+ s)? of 26 h$`,
        'm',
      ),
    );
    expect(out).toContain('warn  prod: no restore of a backup was ever proven');
    expect(metric('backup_fresh')).toBe(1);
    const taken = lab.region.state.images[id]?.createdAt ?? 0;
    expect(metric('newest_backup_timestamp_seconds')).toBe(taken / 1000);
    expect(loaded).toContain('@aws-sdk');
    expect(loaded).not.toMatch(/@temporalio.client|@temporalio.worker|@grpc|ssh2/);
  });

  test('tells of a newer image that failed, and of the restore that was proven', async () => {
    const [good] = Object.keys(lab.region.state.images).filter(
      (id) => lab.region.state.images[id]?.name === 'prod-1',
    );
    await tag(
      good ?? '',
      'runbook:proven',
      `${new Date(Date.now() - 2 * hour).toISOString()} passed`,
    );
    lab.faults.add({ action: 'CreateImage', effect: 'image-fails' });
    const bad = await backUp('prod-2', 1, 'failed');
    const { status, out } = await check('prod', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      freshness: 'fresh',
      installations: [
        {
          installation: 'prod',
          newestBackup: { image: good },
          lastProvenRestore: { image: good },
          findings: [
            { level: 'ok' },
            { level: 'warn', what: expect.stringContaining(`${bad} begun`) },
            {
              level: 'ok',
              what: expect.stringMatching(/proven restore .+ \(2 h( \d+ s)? ago\), from ami-/),
            },
          ],
        },
      ],
    });
  });

  test('fails when the newest usable backup is older than it may be', async () => {
    const images = Object.values(lab.region.state.images);
    for (const image of images) image.createdAt -= 24 * hour;
    const { status, out } = await check('--prometheus', file);
    expect(status).toBe(5);
    expect(out).toMatch(/^FAIL +prod: newest usable backup .+, age 27 h( \d+ s)? of 26 h +→ make/m);
    expect(metric('backup_fresh')).toBe(0);
  });

  test('cannot tell where AWS denies, says so in the file too, and needs no other action', async () => {
    lab.faults.deny(['DescribeImages']);
    const { status, out } = await check('--prometheus', file);
    expect(status).toBe(4);
    expect(out).toMatch(/^FAIL +prod: AWS could not be asked: AWS denied DescribeImages/m);
    expect(metric('check_success')).toBe(0);
    expect(metric('backup_fresh')).toBeUndefined();
    const others = [...reads.keys(), ...writes.keys()].filter((one) => one !== 'DescribeImages');
    lab.faults.deny(others);
    expect((await check()).status).toBe(5);
  });

  test('judges each installation by itself: one without an answer hides no other', async () => {
    const path = join(dir, 'runbook.yaml');
    const config = parse(readFileSync(path, 'utf8')) as { installations: Record<string, object> };
    const { prod } = config.installations;
    // The lab has no such region, and refuses.
    const away = { ...prod, region: 'eu-west-1' };
    const side = { ...prod, freshness: { maxAge: '2 hours' } };
    writeFileSync(
      path,
      stringify({ ...config, installations: { away, ...config.installations, side } }),
    );
    await backUp('prod-3', 3);
    await backUp('side-1', 3);

    const all = await check('--prometheus', file);
    expect(all.status).toBe(5);
    expect(all.out.split('\n').map((line) => line.split(/, age|: AWS d|, n/)[0])).toEqual(
      expect.arrayContaining([
        'FAIL  away: AWS could not be asked',
        expect.stringMatching(/^ok +prod: newest usable backup ami-\w+ taken/),
        expect.stringMatching(/^FAIL +side: newest usable backup ami-\w+ taken/),
      ]),
    );
    expect(['away', 'prod', 'side'].map((name) => metric('check_success', name))).toEqual([
      0, 1, 1,
    ]);
    expect(['away', 'prod', 'side'].map((name) => metric('backup_fresh', name))).toEqual([
      undefined,
      1,
      0,
    ]);
    expect((await check('prod', 'away')).status).toBe(4);
    expect((await check('prod')).status).toBe(0);
    const unknown = await check('prod', 'nowhere');
    expect([unknown.status, unknown.err]).toEqual([2, expect.stringContaining('"nowhere"')]);
  });

  test('tells what it found even if the file cannot be written', async () => {
    const lost = await check('prod', '--prometheus', join(dir, 'nowhere', 'runbook.prom'));
    expect(lost.status).toBe(1);
    expect(lost.out).toMatch(/^ok +prod: newest usable backup/m);
    expect(lost.out).toMatch(/^FAIL +prometheus: ENOENT/m);
  });
});
