/** What production looks at to find the databases, on machines of both shells. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCustomizations } from '../../../src/machine/databases/customizations';
import { readCustomizations, readDataFolders } from '../../../src/machine/databases/look';
import { shells, type Place } from './both-shells';

describe.each(shells)('on a machine of the %s shell', (_name, describeShell, open) => {
  describeShell('the databases', () => {
    let place: Place;
    beforeAll(async () => {
      place = await open();
    });
    afterAll(() => place.close());
    const put = (path: string, content: string): void => {
      const target = join(place.root, path);
      mkdirSync(join(target, '..'), { recursive: true });
      writeFileSync(target, content);
    };

    test('lie in folders that hold something', async () => {
      expect(await place.run(readDataFolders)).toMatchObject({
        code: 0,
        stdout:
          'holds /data/circle/postgres\nholds /data/circle/mongo\nholds /data/circle/contexts-vault\n',
      });
    });

    test('are not in a folder that is gone, nor in one of folders; a symlink is followed', async () => {
      const data = join(place.root, 'data/circle');
      for (const one of ['postgres', 'mongo', 'contexts-vault']) {
        rmSync(join(data, one), { recursive: true });
      }
      mkdirSync(join(data, 'postgres/9.5/data'), { recursive: true });
      put('data/elsewhere/WiredTiger', 'WiredTiger\n');
      symlinkSync('../elsewhere', join(data, 'mongo'));
      expect((await place.run(readDataFolders)).stdout).toBe(
        'empty /data/circle/postgres\nholds /data/circle/mongo\nabsent /data/circle/contexts-vault\n',
      );
    });

    test('are named by customisations, shared and of each service', async () => {
      const postgresql =
        'export POSTGRES_HOST="db.example.com"\nexport POSTGRES_PASSWORD="hünter2"\n';
      put('etc/circleconfig/shared/postgresql', postgresql);
      put('etc/circleconfig/frontend/customizations', 'MONGODB_URI=mongodb://m/x\n');
      const { code, stdout } = await place.run(readCustomizations);
      expect(code).toBe(0);
      expect(parseCustomizations(stdout)).toEqual([
        {
          path: '/etc/circle-installation-customizations',
          content: '# Customizations of this installation\n',
        },
        { path: '/etc/circleconfig/shared/postgresql', content: postgresql },
        {
          path: '/etc/circleconfig/frontend/customizations',
          content: 'MONGODB_URI=mongodb://m/x\n',
        },
      ]);
    });
  });
});
