/** A machine whose data lie on a volume of their own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelOf } from '../../src/lab/appliance/model';
import { mountOn } from '../../src/lab/machine/mounts';
import { control, setStage, type Stage } from './stage';
import { machineOf, sourceId } from './world-checks';

export const uuid = '5e1f0c1a-33b7-4f0e-8a53-0d8b6f3b1c77';
/** Lines of fstab: by the device, which gets another name on another type; and by UUID. */
export const byDevice = '/dev/xvdf /data/circle ext4 defaults,noatime,nofail 0 2';
export const byUuid = `UUID=${uuid} /data/circle ext4 defaults,noatime 0 2`;

/**
 * Gives what sets a stage with such a machine, of an older type; copies get an NVMe type. The stage
 * is closed after each test.
 */
export function stageWithDataVolume(): (fstab: string, installation?: object) => Promise<Stage> {
  let stage: Stage | undefined;
  afterEach(async () => {
    await stage?.close();
    stage = undefined;
  });
  return async (fstab, installation = {}) => {
    stage = await setStage({
      installation: {
        approvals: { launch: 'waived' },
        launch: { instanceType: 'm5.2xlarge' },
        ...installation,
      },
    });
    const { region } = stage.lab;
    const instance = region.state.instances[sourceId];
    if (instance) instance.instanceType = 'm4.2xlarge';
    const disk = { device: '/dev/sdf', size: 200, uuid, label: 'circle', holds: '/data/circle' };
    await control(stage.lab, `/machines/${sourceId}/attach`, disk);
    await control(stage.lab, `/machines/${sourceId}/attach`, { device: '/dev/sdg', size: 8 });
    const source = modelOf(machineOf(stage, sourceId));
    writeFileSync(join(source.root, 'etc/fstab'), `# disks\n${fstab}\n`);
    expect(
      mountOn(source, { source: '/dev/xvdf', target: '/data/circle', options: 'noatime' }),
    ).toBeUndefined();
    return stage;
  };
}
