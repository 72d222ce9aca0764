/** The doctor's look at the copies in quarantine, spare and drill: could they be launched and ended? */
import type { Installation } from '../../config';
import { backupQuery, newestUsable } from '../../machine/backups/backups';
import { reachBeyond } from '../../machine/launch/egress';
import { recordedLaunch } from '../../machine/backups/copies';
import {
  launchesLike,
  launchInQuarantine,
  type PlannedLaunch,
} from '../../machine/launch/launch-settings';
import { inRegion } from '../../machine/launch/places';
import { decodeRecord } from '../../machine/backups/record-tags';
import { tagNames } from '../../machine/backups/tags';
import type { Ec2, Image } from '../../world/ec2';
import { ask, check, type Finding } from './check';
import { examineLaunches } from './launch-checks';
import type { Patient } from './patient';

type Kind = 'spare' | 'drill';

/** Nothing where neither is configured. */
export async function examineQuarantine(patient: Patient): Promise<readonly Finding[]> {
  const { spare, drill } = patient.installation;
  const each = [
    spare && examineKind(patient, 'spare', spare),
    drill && examineKind(patient, 'drill', drill),
  ];
  return (await Promise.all(each.filter((one) => one !== undefined))).flat();
}

type Placed = Pick<
  NonNullable<Installation['drill']>,
  'region' | 'subnet' | 'quarantineSecurityGroup' | 'instanceType'
> & { readonly mayReach?: readonly string[] };

async function examineKind(
  patient: Patient,
  kind: Kind,
  { region = patient.installation.region, ...placed }: Placed,
): Promise<readonly Finding[]> {
  const ec2 = [patient, ...patient.elsewhere].find((one) => regionOf(one) === region)?.ec2;
  if (ec2 === undefined) return [];
  const { name } = patient;
  const what = `${name}: the ${kind} in ${region}`;
  const todo = `see ${kind} in the configuration, and the role of the worker`;
  const questions: Promise<Finding | readonly Finding[]>[] = [];
  const looked = await check(what, todo, async () => {
    const backup = newestUsable(await ec2.images(backupQuery(name, patient.installation)));
    if (backup === undefined) {
      const later = 'ask again after the next backup';
      return { level: 'warn', what: `${what}: there is no backup to make it of`, todo: later };
    }
    const planned = launchOf(patient.installation, { kind, region, ...placed }, backup);
    if (planned === undefined) {
      const missing = `set ${kind}.subnet`;
      return { level: 'FAIL', what: `${what} would not know how to be launched`, todo: missing };
    }
    const { quarantineSecurityGroup: group, mayReach } = placed;
    questions.push(examineGroup(ec2, what, { kind, group, mayReach }));
    const tags = { ...tagsOf(name, kind), [tagNames.run]: 'doctor' };
    const sourceType = decodeRecord(backup.tags)?.launch.instanceType;
    questions.push(examineLaunches({ what, ec2, planned, image: backup, sourceType, tags }));
    const [made] = await ec2.instances({ tags: tagsOf(name, kind) }).then(living);
    if (made) questions.push(askEnding(ec2, what, made.id));
    return made ? `${made.id} is ${made.state}` : 'none is there now';
  });
  return [looked, ...(await Promise.all(questions)).flat()];
}

/** A spare is kept silent by its user data, too; the app of a drill is kept in by its group alone. */
function examineGroup(
  ec2: Ec2,
  what: string,
  {
    kind,
    group,
    mayReach,
  }: {
    readonly kind: Kind;
    readonly group: string;
    readonly mayReach: readonly string[] | undefined;
  },
): Promise<Finding> {
  const todo =
    'take its outbound rules away, or name the networks in mayReach; the role of the worker needs ec2:DescribeSecurityGroups';
  return check(`${what}: its security group`, todo, async () => {
    const [found] = await ec2.securityGroups([group]);
    if (found === undefined) return { level: 'FAIL', what: `${what}: there is no ${group}`, todo };
    const beyond = reachBeyond(found.egress, mayReach);
    if (beyond.length === 0) return `${group} keeps it in`;
    const open = `${what}: ${group} lets packets out to ${beyond.join(', ')}`;
    return { level: kind === 'drill' ? 'FAIL' : 'warn', what: open, todo };
  });
}

/** Only of one that is there can be asked: a policy may judge by its tags. */
function askEnding(ec2: Ec2, what: string, instanceId: string): Promise<Finding> {
  return ask(`${what}: ec2:TerminateInstances of ${instanceId}`, () =>
    ec2.permitted('TerminateInstances', { instanceId }),
  );
}

function launchOf(
  installation: Installation,
  { kind, region, ...place }: Placed & { readonly kind: Kind; readonly region: string },
  { tags }: Image,
): PlannedLaunch | undefined {
  const recorded = decodeRecord(tags)?.launch;
  const base = recorded && recordedLaunch(tags, recorded, region);
  const configured = launchInQuarantine(inRegion(installation, region)?.launch ?? {}, place);
  const planned = launchesLike(configured, base);
  if (planned === undefined || kind === 'spare') return planned;
  // A drill gets no right of the live machine.
  const { instanceProfile } = installation.drill ?? {};
  return { ...planned, launch: { ...planned.launch, instanceProfile } };
}

function regionOf(place: Patient | Patient['elsewhere'][number]): string {
  return 'region' in place ? place.region : place.installation.region;
}

function tagsOf(name: string, kind: Kind): Record<string, string> {
  return { [tagNames.installation]: name, [tagNames.kind]: kind };
}

function living<T extends { readonly state: string }>(machines: readonly T[]): T[] {
  return machines.filter(({ state }) => state !== 'terminated' && state !== 'shutting-down');
}
