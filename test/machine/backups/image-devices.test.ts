import { devicesOfImage } from '../../../src/machine/backups/image-devices';

const on = (...devices: string[]) => devices.map((device) => ({ device }));

test('only volumes that came with the image are told, and none once it is gone', () => {
  const volumes = on('/dev/sda1', '/dev/sdf', '/dev/sdg');
  const image = { disks: on('/dev/sda1', '/dev/sdf', '/dev/sdx') };
  expect(devicesOfImage(volumes, image)).toEqual(['/dev/sda1', '/dev/sdf']);
  expect(devicesOfImage(volumes, undefined)).toEqual([]);
});
