/** Which backup a restore starts from by itself, what its gate says of it, and what a prune keeps. */
import { CopyImageCommand, CreateTagsCommand, EC2Client } from '@aws-sdk/client-ec2';
import type { Report } from '../../src/contract/reports';
import { seeded } from '../../src/lab/region/seed';
import { runbook } from './command-line';
import { eventually, setStage, type Run, type Stage } from './stage';

jest.setTimeout(120_000);

const launching = 'Approve the launch';
const amazon = '099720109477';
const proven = 'runbook:proven';

/** What the run ended with, as an error. */
const failureOf = (run: Run): Promise<unknown> =>
  run.report().then(
    () => undefined,
    (error: unknown) => (error as { cause?: unknown }).cause,
  );

describe('of the backups of an installation', () => {
  let stage: Stage;
  let ec2: EC2Client;
  let older = '';
  let newest = '';
  let anew = '';
  const stored = (id: string) => stage.lab.region.state.images[id];
  const tag = async (id: string, Value: string): Promise<void> => {
    await ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: proven, Value }] }));
  };
  /** What the gate before the launch says; the launch is then rejected. */
  const gateOfRestore = async (more: object = {}): Promise<string> => {
    const run = await stage.start('restore', { installation: 'prod', ...more });
    const gate = await run.approveUntil(launching);
    await run.answer('reject', gate, 'only a look');
    await failureOf(run);
    return gate.details;
  };
  const backUp = async (): Promise<string> =>
    (await (await stage.start('backup', { installation: 'prod' })).report()).imageId ?? '';

  beforeAll(async () => {
    stage = await setStage({ installation: { keep: { last: 1 } } });
    const credentials = { accessKeyId: 'PERSON', secretAccessKey: 'opens-nothing' };
    ec2 = new EC2Client({ region: seeded.region, endpoint: stage.lab.ec2Url, credentials });
    older = await backUp();
    newest = await backUp();
    // `aws ec2 copy-image --copy-image-tags`, to encrypt it with another key.
    const tags = Object.entries(stored(older)?.tags ?? {});
    const { ImageId = '' } = await ec2.send(
      new CopyImageCommand({
        ...{ SourceRegion: seeded.region, SourceImageId: older, Name: 'prod encrypted anew' },
        Encrypted: true,
        TagSpecifications: [
          { ResourceType: 'image', Tags: tags.map(([Key, Value]) => ({ Key, Value })) },
        ],
      }),
    );
    anew = ImageId;
    await eventually('the copy', 60, () =>
      stored(anew)?.state === 'available' ? true : undefined,
    );
  });
  afterAll(async () => {
    ec2.destroy();
    await stage.close();
  });

  test('the newest is restored, not an old one that was copied to encrypt it anew', async () => {
    const details = await gateOfRestore();
    expect(details).toContain(`from **${newest}**`);
    expect(details).not.toContain(anew);
    expect(details).toContain(`${newest} belongs to this account, ${seeded.owner}.`);
    expect(details).toContain(`No drill has ever proven ${newest}.`);
  });

  test('the newest is kept, and what is copied stays with what it was copied from', async () => {
    const run = await stage.start('prune', { installation: 'prod', dryRun: true });
    const { notes } = await run.report();
    const verdicts = notes.map((note) => note.replace(/ of \S+ /, ' '));
    expect(verdicts).toEqual(
      expect.arrayContaining([
        `${newest} kept because it is the newest usable one, last 1`,
        `${older} removed because no rule keeps it`,
        `${anew} removed because no rule keeps it`,
      ]),
    );
    const held = await runbook(stage.environment, 'hold', anew, '--reason', 'looked at');
    expect(held.out).toContain(older);
    const again = await stage.start('prune', { installation: 'prod', dryRun: true });
    expect((await again.report()).notes.filter((note) => note.includes('removed'))).toEqual([]);
  });

  test('are listed as one where they are one', async () => {
    const { out } = await runbook(stage.environment, 'backups', 'prod', '--json');
    const { backups } = JSON.parse(out) as { backups: { image: string; copyOf?: string }[] };
    expect(backups.map(({ image, copyOf }) => [image, copyOf])).toEqual([
      [newest, undefined],
      [older, undefined],
      [anew, older],
    ]);
  });

  test('one that a drill found bad is not chosen by itself, and both are named', async () => {
    await tag(newest, '2026-11-30T00:00:00Z failed: no app');
    await tag(anew, '2026-11-29T00:00:00Z passed');
    const details = await gateOfRestore();
    expect(details).toContain(`from **${older}**`);
    expect(details).toMatch(
      new RegExp(`${newest}, taken at \\S+, is newer than ${older}, .*found bad by a drill`),
    );
    expect(details).toContain(
      `${older} was last proven by a drill at 2026-11-29T00:00:00Z, from its copy ${anew}.`,
    );
    const checked = await runbook(stage.environment, 'check', 'prod');
    expect(checked.out).toContain(`newest usable backup ${older}`);
    expect(checked.out).toContain(`${newest} begun`);
  });

  test('a bad one is restored when it is named, and the gate says what was found', async () => {
    const details = await gateOfRestore({ image: newest });
    expect(details).toContain(`from **${newest}**`);
    expect(details).toContain(`A drill found ${newest} BAD at 2026-11-30T00:00:00Z: no app.`);
  });

  test('none of another account is launched', async () => {
    const request = { installation: 'prod', image: seeded.baseImage };
    const run = await stage.start('restore', request);
    expect(await failureOf(run)).toMatchObject({
      type: 'ImageOfAnotherOwner',
      message: expect.stringContaining(amazon),
    });
    const [report] = ((await failureOf(run)) as { details: Report[] }).details;
    expect(report?.journal.map(({ kind }) => kind)).not.toContain('failure');
  });
});

test('an image of another account is launched where runbook.yaml names that, which is said', async () => {
  const launch = {
    instanceType: 'm5.2xlarge',
    subnet: seeded.subnets[0],
    securityGroups: [seeded.servicesGroup],
  };
  const stage = await setStage({ installation: { imageOwners: [amazon], launch } });
  try {
    const replaces = { private: '10.0.1.5' };
    const request = { installation: 'prod', image: seeded.baseImage, replaces };
    const run = await stage.start('restore', request);
    const gate = await run.approveUntil(launching);
    expect(gate.details).toContain(`belongs to ANOTHER account, ${amazon}`);
    await run.answer('reject', gate);
    expect(await failureOf(run)).toMatchObject({ type: 'Rejected' });
  } finally {
    await stage.close();
  }
});
