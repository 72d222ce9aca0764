import { objectStorage } from '../../src/config/object-storage';

const nfs = { kind: 'nfs', path: '/data/objects', source: 'files.example.com:/objects' };
const restic = { repository: '/mnt/restic', passwordFile: '/root/restic-password' };

test.each([
  [{ kind: 's3', bucket: 'acme', region: 'us-east-1' }],
  [{ kind: 'disk', path: '/data/circle/storage-fileserver' }],
  [{ kind: 'disk', path: '/mnt/o', restic }],
  [nfs],
  [{ ...nfs, options: 'nfsvers=4.1,hard', restic }],
  [{ ...nfs, restic: { ...restic, repository: 'sftp://backup@vault:2222//srv/restic' } }],
  [{ ...nfs, restic: { ...restic, repository: 'rest:https://vault:8000/me@home' } }],
])('%j is taken as it is', (given) => {
  expect(objectStorage.parse(given)).toEqual(given);
});

test.each([
  ['the word alone', 'nfs', ''],
  ['an unknown kind', { kind: 'gcs' }, 'kind'],
  ['a bucket without its region', { kind: 's3', bucket: 'acme' }, 'region'],
  ['a bucket with a path', { kind: 's3', bucket: 'a', region: 'b', path: '/data' }, ''],
  ['a relative path', { kind: 'disk', path: 'data' }, 'path'],
  ['an export without its server', { ...nfs, source: '/objects' }, 'source'],
  ['an export that mount would take for an option', { ...nfs, source: '-o:/x' }, 'source'],
  ['options that are several words', { ...nfs, options: 'rw -v' }, 'options'],
  ['restic without its password', { ...nfs, restic: { repository: '/r' } }, 'restic.passwordFile'],
  [
    'a repository that restic takes for an option',
    { ...nfs, restic: { ...restic, repository: '--x' } },
    'restic.repository',
  ],
])('%s is refused', (_what, given, path) => {
  const { error } = objectStorage.safeParse(given);
  expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
});

test.each([
  'rest:https://ops:secret@vault:8000/',
  'rest:http://token@vault/',
  's3:https://a:b@s3/x',
])('the password in %s does not get into history and tags', (repository) => {
  const { error } = objectStorage.safeParse({ ...nfs, restic: { ...restic, repository } });
  expect(error?.issues).toMatchObject([
    { path: ['restic', 'repository'], message: expect.stringContaining('RESTIC_REST_PASSWORD') },
  ]);
  expect(error?.message).not.toContain('secret');
});
