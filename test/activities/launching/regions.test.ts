/** What is looked at in the regions of an installation, and what nothing may be concluded from. */
import {
  machinesElsewhere,
  type Known,
} from '../../../src/activities/parts/instances/other-machines';
import { removeBackups } from '../../../src/activities/pruning/remove-backups';
import type { World } from '../../../src/world';
import type { Ec2, Image, Instance } from '../../../src/world/ec2';

const home = 'us-east-1';
const away = 'us-west-2';

function worldOf(ec2: Partial<Ec2>, installation: object = {}): World {
  const configured = { region: home, limits: { poll: 0.01 }, ...installation };
  return { installation: () => configured, ec2: () => ec2 } as unknown as World;
}

describe('the machines in another region', () => {
  const known: Known & { readonly sourceId: string | undefined } = {
    installation: 'prod',
    servicesMachine: { tags: { Name: 'prod_services' } },
    source: undefined,
    sourceId: undefined,
    heldBy: undefined,
    existing: undefined,
    firstRunId: 'first',
  };

  test('are others also when this very run has launched them, before it was reset', async () => {
    const tags = { 'runbook:first-run': 'first', 'runbook:run': 'restore-1' };
    const made = { id: 'i-1', state: 'running', tags } as unknown as Instance;
    const ec2 = {
      instances: ({ ids }: { readonly ids?: readonly string[] }) =>
        Promise.resolve(ids === undefined ? [made] : []),
    };
    await expect(machinesElsewhere(worldOf(ec2), [home], known)).resolves.toMatchObject({
      others: [{ instanceId: 'i-1' }],
      unseen: [],
    });
  });

  test('are not known where the region does not answer', async () => {
    const ec2 = { instances: () => Promise.reject(new Error('silence')) };
    await expect(machinesElsewhere(worldOf(ec2), [home], known)).resolves.toEqual({
      others: [],
      unseen: [`${home} could not be asked what runs there: silence`],
    });
  });
});

test('what was approved for removal stays when the rules were taken out meanwhile', async () => {
  const image = { id: 'ami-1', state: 'available', tags: {}, snapshotIds: [] };
  // Any other call would fail the test: there is no method for it.
  const ec2 = { images: () => Promise.resolve([image as unknown as Image]) };
  const removal = await removeBackups(worldOf(ec2, { keep: undefined }))(
    {
      installation: 'prod',
      restoreClaim: 'nobody',
      run: 'prune-1',
      images: [{ region: away, imageId: 'ami-1' }],
      strays: [],
    },
    () => undefined,
  );
  expect(removal.kept).toEqual(['ami-1 stays: the rules say nothing of it any more']);
});
