import type { ObjectStorage } from '../../../src/machine/storage/object-storage';
import type { RecordedObjects } from '../../../src/machine/backups/object-tags';
import { aboutFstab } from '../../../src/workflows/restoring/object-storage';

const path = '/data/circle/storage-fileserver';
const source = 'files.example.com:/objects';
const nfs: ObjectStorage = { kind: 'nfs', path, source };
const recorded = (fstab?: string): RecordedObjects => ({
  kind: 'nfs',
  path,
  on: 'nfs',
  mount: {
    target: path,
    source,
    fstype: 'nfs4',
    options: 'hard',
    ...(fstab === undefined ? {} : { fstab }),
  },
});

describe('what is said of /etc/fstab after a restore', () => {
  test('is nothing when its line mounts the same export', () => {
    expect(aboutFstab(nfs, recorded(`${source} ${path} nfs4 hard 0 0`))).toEqual([]);
    expect(aboutFstab({ kind: 'disk', path }, recorded())).toEqual([]);
    expect(aboutFstab(nfs, undefined)).toEqual([]);
  });

  test('is that the next boot mounts nothing, or another export', () => {
    expect(aboutFstab(nfs, recorded())).toEqual([
      `The objects are mounted from ${source} at ${path} until the next boot; /etc/fstab of the ` +
        'machine has no line for it. Put the line there that mounts it.',
    ]);
    const elsewhere = { ...nfs, source: 'files.us-west-2.example.com:/objects' };
    expect(aboutFstab(elsewhere, recorded(`${source} ${path} nfs4`))[0]).toContain(
      `says "${source} ${path} nfs4"`,
    );
  });
});
