/**
 * `runbook orphans`: machines that the runbooks have made and that nobody owns any more. It goes by
 * tags in EC2, because it matters when Temporal and its record of the runs are lost.
 */
import type { Installation } from '../../config';
import { devicesOfImage } from '../../machine/backups/image-devices';
import { regionsOf } from '../../machine/launch/places';
import { tagNames } from '../../machine/backups/tags';
import type { Ec2, Instance } from '../../world/ec2';
import { commandRow } from '../command-row';
import { readConfig } from '../configured';
import { exitStatus, messageOf, type ExitStatus } from '../exit-status';
import { judgeMachine, kinds, type MadeMachine, type Orphan } from '../orphans/judge';
import { findOwners } from '../orphans/owners';
import type { Output } from '../output';
import { table } from '../render/table';

export const orphans = commandRow<{ readonly clean?: boolean }>({
  usage: 'orphans',
  summary: 'list machines that runbooks have made and that no run owns; works without Temporal',
  options: [
    ['--clean', 'end drills and replaced spares that are past their time; never a restore'],
  ],
  example: 'runbook orphans\nrunbook orphans --clean',
  run: async ({ options, out }) => {
    const { installations } = await readConfig();
    const { machines, unanswered } = await findMachines(installations);
    const owners = await findOwners(machines);
    const now = Date.now();
    const found = machines.flatMap((machine) => {
      const orphan = judgeMachine(machine, owners.of(machine), now);
      return orphan === undefined ? [] : [{ orphan, machine }];
    });
    const ended = options.clean === true ? await clean(found, out) : [];
    const text = [
      orphansText(found.map(({ orphan }) => orphan)),
      ...(owners.unknown === undefined ? [] : [owners.unknown]),
      ...unanswered,
    ].join('\n');
    out.result(text, { orphans: found.map(({ orphan }) => orphan), ended, unanswered });
    return statusFor(
      found.map(({ orphan }) => orphan),
      { ended, unanswered },
    );
  },
});

interface Found {
  readonly machine: MadeMachine & Pick<Instance, 'volumes' | 'imageId'> & { readonly ec2: Ec2 };
  readonly orphan: Orphan;
}

/** Every living machine of every kind, in every region; a region that is silent hides no other. */
async function findMachines(
  installations: Readonly<Record<string, Installation>>,
): Promise<{ machines: Found['machine'][]; unanswered: string[] }> {
  const { openEc2 } = await import('../../world/ec2/index.js');
  const machines: Found['machine'][] = [];
  const unanswered: string[] = [];
  for (const [name, installation] of Object.entries(installations)) {
    for (const region of regionsOf(installation)) {
      const ec2 = openEc2({ region });
      try {
        for (const kind of kinds) {
          const tags = { [tagNames.installation]: name, [tagNames.kind]: kind };
          const living = (await ec2.instances({ tags })).filter(isLiving);
          machines.push(...living.map((instance) => ({ ...instance, region, ec2 })));
        }
      } catch (error) {
        unanswered.push(`${region} could not be asked for ${name}: ${messageOf(error)}`);
      }
    }
  }
  return { machines, unanswered };
}

function isLiving({ state }: Instance): boolean {
  return state !== 'terminated' && state !== 'shutting-down';
}

/** Ends what is past its time, with its volumes; gives the ids of what AWS took. */
async function clean(found: readonly Found[], out: Output): Promise<string[]> {
  const ended: string[] = [];
  for (const { machine, orphan } of found.filter((one) => one.orphan.isPastItsTime)) {
    const { id, ec2, volumes, imageId } = machine;
    try {
      // A drill's volumes go with it since its launch.
      if (orphan.kind === 'spare') {
        const [image] = await ec2.images({ ids: [imageId] });
        const devices = devicesOfImage(volumes, image);
        if (devices.length > 0) await ec2.endVolumesWith(id, devices);
      }
      await ec2.terminateInstance(id);
      ended.push(id);
      out.line(`${id} in ${orphan.region} is ended`);
    } catch (error) {
      out.line(`${id} in ${orphan.region} could not be ended: ${messageOf(error)}`);
    }
  }
  return ended;
}

function orphansText(all: readonly Orphan[]): string {
  if (all.length === 0) return 'No orphans.';
  const lines = all.map(({ installation, instance, region, run, why, isPastItsTime }) => [
    instance,
    region,
    installation,
    run,
    `${why}${isPastItsTime ? ' (--clean ends it)' : ''}`,
  ]);
  return table(['Instance', 'Region', 'Installation', 'Run', 'Why'], lines).join('\n');
}

function statusFor(
  all: readonly Orphan[],
  {
    ended,
    unanswered,
  }: { readonly ended: readonly string[]; readonly unanswered: readonly string[] },
): ExitStatus {
  const isLeft = all.some(
    ({ instance, isPastItsTime }) => isPastItsTime && !ended.includes(instance),
  );
  if (isLeft) return exitStatus.failed;
  return unanswered.length > 0 ? exitStatus.unreachable : exitStatus.done;
}
