import {
  contradiction,
  devicesOf,
  placeOfFolder,
  reusableOptions,
  type StorageSeen,
} from '../../../src/machine/storage/object-storage';
import {
  decodeObjects,
  encodeObjects,
  type RecordedObjects,
} from '../../../src/machine/backups/object-tags';

const seen: StorageSeen = {
  backend: 'storage_backend_fileserver',
  bucket: '',
  region: 'us-east-1',
  resolved: '/mnt/objects/circle',
  mounts: `\
/ /dev/xvda1 ext4 rw,relatime
/mnt/objects files.example.com:/objects nfs4 rw,vers=4.1,hard,clientaddr=10.0.1.5,addr=10.0.3.4
/mnt/disk /dev/xvdf ext4 rw
`,
};

describe('the folder of the objects', () => {
  test('is found on the mount that holds it, with its options', () => {
    expect(placeOfFolder(seen)).toEqual({
      on: 'nfs',
      resolved: '/mnt/objects/circle',
      mount: {
        target: '/mnt/objects',
        source: 'files.example.com:/objects',
        fstype: 'nfs4',
        options: 'rw,vers=4.1,hard,clientaddr=10.0.1.5,addr=10.0.3.4',
      },
    });
  });

  test.each([
    ['/mnt/disk/a', 'volume'],
    ['/mnt/diskette', 'root'],
    ['/data/circle/storage-fileserver', 'root'],
  ])('%s lies on: %s', (resolved, on) => {
    expect(placeOfFolder({ ...seen, resolved })?.on).toBe(on);
  });

  test('is nowhere when the path leads nowhere', () => {
    expect(placeOfFolder({ ...seen, resolved: '' })).toBeUndefined();
    expect(placeOfFolder({ ...seen, mounts: '' })).toBeUndefined();
  });
});

describe('configuration and app', () => {
  const s3 = { kind: 's3', bucket: 'b', region: 'us-east-1' } as const;
  const disk = { kind: 'disk', path: '/data' } as const;
  const onS3 = { ...seen, backend: 'storage_backend_s3', bucket: 'b' };

  test('agree', () => {
    expect(contradiction(s3, onS3)).toBeUndefined();
    expect(contradiction(disk, seen)).toBeUndefined();
  });

  test.each([
    [s3, seen, 'storage backend is "storage_backend_fileserver"'],
    [s3, { ...onS3, bucket: 'c' }, 'the S3 bucket "c"'],
    [s3, { ...onS3, region: 'eu-west-1' }, '"eu-west-1"'],
    [disk, onS3, 'the S3 bucket b, not at /data'],
  ])('differ: %#', (storage, found, words) => {
    expect(contradiction(storage, found)).toContain(words);
  });
});

test.each([
  ['/dev/xvdf', ['/dev/sdf', '/dev/xvdf']],
  ['/dev/xvdf1', ['/dev/sdf', '/dev/xvdf']],
  ['/dev/nvme1n1', []],
  ['/dev/mapper/vg-objects', []],
])('EC2 may know %s as %j', (source, devices) => {
  expect(devicesOf(source)).toEqual(devices);
});

test('what the kernel added for the machine that is gone is not mounted again', () => {
  expect(reusableOptions('rw,vers=4.1,hard,clientaddr=10.0.1.5,addr=10.0.3.4')).toBe(
    'rw,vers=4.1,hard',
  );
});

describe('tags', () => {
  const objects: RecordedObjects = {
    kind: 'nfs',
    path: '/data/circle/storage-fileserver',
    on: 'nfs',
    mount: {
      target: '/data/circle/storage-fileserver',
      source: 'files.example.com:/objects',
      fstype: 'nfs4',
      options: `rw,${'x'.repeat(300)}`,
      fstab: 'files.example.com:/objects\t/data/circle/storage-fileserver nfs4 – 0 0',
    },
    marker: 'prod 1',
    restic: { repository: '/mnt/restic', snapshot: 'a'.repeat(64) },
  };

  test('bring everything back', () => {
    const tags = encodeObjects(objects);
    expect(Object.keys(tags)).toEqual([1, 2, 3].map((n) => `runbook:objects.${String(n)}`));
    for (const value of Object.values(tags)) expect(value).toMatch(/^[!-~]{1,256}$/);
    expect(decodeObjects(tags)).toEqual(objects);
  });

  test('of another image say nothing', () => {
    expect(decodeObjects({ Name: 'by hand' })).toBeUndefined();
    expect(decodeObjects({ 'runbook:objects.1': '{"kind":' })).toBeUndefined();
  });

  test('do not take more room than the record leaves', () => {
    const long = { ...objects, path: 'x'.repeat(7 * 256) };
    expect(() => encodeObjects(long)).toThrow('needs 10 tags');
  });
});
