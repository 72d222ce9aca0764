/** The doctor's look at a region that gets copies: may they be made, and could one be launched? */
import { backupQuery, backupTags, newestUsable } from '../../machine/backups/backups';
import { inAnyRegion, launchesLike } from '../../machine/launch/launch-settings';
import { inRegion } from '../../machine/launch/places';
import { decodeRecord } from '../../machine/backups/record-tags';
import type { Image } from '../../world/ec2';
import { ask, check, type Finding } from './check';
import { examineLaunches, type AskedLaunch } from './launch-checks';
import type { Elsewhere, Patient } from './patient';

/** Every finding on one region, in the order in which its parts are used. */
export async function examineCopies(
  patient: Patient,
  backup: Image | undefined,
): Promise<readonly Finding[]> {
  const each = patient.elsewhere.map(async (there) => {
    const copying = backup && (await askCopyImage(patient, backup, there));
    return [...(copying ? [copying] : []), ...(await askLaunchThere(patient, there))];
  });
  return (await Promise.all(each)).flat();
}

function askCopyImage(
  { name, installation }: Patient,
  backup: Image,
  { region, ec2 }: Elsewhere,
): Promise<Finding> {
  const tags = { Name: backup.name, ...backupTags(name), 'runbook:run': 'doctor' };
  return ask(`${name}: ec2:CopyImage of ${backup.id} to ${region}`, () =>
    ec2.permitted('CopyImage', {
      sourceRegion: installation.region,
      sourceImageId: backup.id,
      tags,
    }),
  );
}

/** In need it would be too late to look for a subnet and security groups there. */
async function askLaunchThere(
  { name, installation }: Patient,
  { region, ec2 }: Elsewhere,
): Promise<readonly Finding[]> {
  const what = `${name}: a restore in ${region}`;
  const todo = `set launch.subnet and launch.securityGroups of ${region} in copies`;
  let asked: AskedLaunch | undefined;
  const looked = await check(what, todo, async () => {
    const copy = newestUsable(await ec2.images(backupQuery(name, installation)));
    if (copy === undefined) {
      const later = 'ask again after the next backup';
      return { level: 'warn', what: `${what}: there is no copy yet`, todo: later };
    }
    const recorded = decodeRecord(copy.tags)?.launch;
    const configured = inRegion(installation, region)?.launch ?? {};
    const planned = launchesLike(configured, recorded && inAnyRegion(recorded));
    if (planned === undefined) {
      return { level: 'FAIL', what: `${what} would not know how to launch a machine`, todo };
    }
    const tags = {
      'runbook:installation': name,
      'runbook:kind': 'restore',
      'runbook:run': 'doctor',
    };
    const sourceType = recorded?.instanceType;
    asked = { what, ec2, planned, image: copy, sourceType, tags };
    return `from ${copy.id}`;
  });
  return asked ? examineLaunches(asked) : [looked];
}
