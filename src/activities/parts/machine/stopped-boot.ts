/** Tells a boot that waits for a person at its console from one that is only slow. */
import { refuse } from '../../../contract/failures';
import { whereBootStopped } from '../../../machine/launch/console-trouble';
import type { Ec2 } from '../../../world/ec2';

/** Refuses where the console shows it; a console that cannot be read, or shows nothing, is no sign. */
export async function refuseStoppedBoot(
  ec2: Pick<Ec2, 'consoleOutput'>,
  instanceId: string,
): Promise<void> {
  const console = await ec2.consoleOutput(instanceId).catch(() => '');
  const seen = whereBootStopped(console);
  if (seen === undefined) return;
  throw refuse(
    'BootStopped',
    `${instanceId} has stopped in the middle of its boot, and waits for a person at its console, ` +
      'without network: a line of /etc/fstab without `nofail` lacks its device, or a file system is ' +
      'damaged. Attach the volume that it waits for (made from its snapshot) and reboot the instance; ' +
      'or stop it, attach its root volume to another machine, put `nofail` into that line, attach it ' +
      `back and start it. Then retry. Its console says: ${seen}`,
  );
}

/** Every so often: GetConsoleOutput is worth more than a look a second. */
export function consoleWatch(ec2: Pick<Ec2, 'consoleOutput'>, instanceId: string) {
  let looks = 0;
  return async (isUrgent = false): Promise<void> => {
    looks += 1;
    if (isUrgent || looks % 12 === 0) await refuseStoppedBoot(ec2, instanceId);
  };
}
