/** Each line of the restore with what it will change: the plan that a person approves, and what
 * is left to do when a run ends early. */
import type { RestorePlan } from '../../../contract/plan';
import { isAddress } from '../../../machine/addresses/own-hostname';
import type { ObjectStorage } from '../../../machine/storage/object-storage';

type Facts = Omit<RestorePlan, 'notes' | 'changes'>;

/** The lines of the runbook for these facts, in its order; titles as in workflows/restore.ts. */
export function changesOf(
  facts: Facts,
  builds: number,
  objects: ObjectStorage | undefined,
): RestorePlan['changes'] {
  const { launch, replaces, elasticIp } = facts;
  const old = replaces
    ? [replaces.private, replaces.public].filter(Boolean).join(' and ')
    : 'the addresses found in them';
  const changes = [
    {
      step: '1. Launch an instance from the image',
      change: facts.existingInstanceId
        ? facts.spare
          ? `the spare ${facts.existingInstanceId} is taken over, out of quarantine, and started`
          : `nothing: ${facts.existingInstanceId} exists`
        : `one ${launch.instanceType} from ${facts.imageId} in ${launch.subnetId}` +
          (facts.userData === undefined ? '' : ', silent until its addresses are right'),
    },
    { step: 'Wait for its status checks', change: 'nothing' },
    stopChange(facts),
    ...dnsChange(facts),
    {
      step: '3. Fix the hostname',
      change: `the app's hostname becomes ${hostnameText(facts.hostname)}`,
    },
    {
      step: '3. Change the GitHub OAuth application',
      change: 'a person changes its URLs, if the hostname changes',
    },
    {
      step: '4. Update the IP addresses',
      change: `${old} in /etc/default/replicated and replicated-operator (RHEL: /etc/sysconfig) become the new machine's`,
    },
    { step: '5. Remove /opt/nomad', change: 'moved aside, then deleted: `sudo rm -rf /opt/nomad`' },
    ...objectChange(objects),
    {
      step: 'Restart Replicated on its new addresses',
      change:
        (facts.userData ? 'its units may start from now on; ' : '') +
        '`systemctl restart replicated replicated-ui replicated-operator`',
    },
    { step: '6. Restart the app', change: '`replicatedctl app start`, until it is ready' },
    { step: 'Verify the app', change: 'nothing: health, console and Nomad are looked at' },
  ];
  if (elasticIp) {
    changes.splice(1, 0, {
      step: 'Move the Elastic IP',
      change: `${elasticIp.publicAddress} moves from ${elasticIp.heldBy ?? 'nowhere'} to the new machine`,
    });
  }
  if (builds > 0) {
    changes.push({
      step: 'Delete abnormal build records',
      change: `${String(builds)} build record(s) through dev-console`,
    });
  }
  return changes;
}

function stopChange({ userData }: Facts): { step: string; change: string } {
  const stop = '`replicatedctl app stop`, until its state is stopped';
  const change = userData === undefined ? stop : `nothing where it has not started; else ${stop}`;
  return { step: '2. Stop the app', change };
}

function hostnameText(hostname: string | undefined): string {
  if (hostname === undefined) return 'the new public address';
  if (!isAddress(hostname)) return hostname;
  return `the new machine's address, if ${hostname} is the old one's`;
}

function dnsChange({ elasticIp, hostname }: Facts): { step: string; change: string }[] {
  if (elasticIp !== undefined || hostname === undefined || isAddress(hostname)) return [];
  const change = `a person points ${hostname} to the new machine`;
  return [{ step: 'Change the DNS record', change }];
}

function objectChange(objects: ObjectStorage | undefined): { step: string; change: string }[] {
  if (objects === undefined) return [];
  const step = 'Mount the object storage';
  if (objects.kind === 's3') return [{ step, change: 'nothing: it is an S3 bucket' }];
  const what = objects.kind === 'nfs' ? objects.source : 'its disk';
  return [{ step, change: `${what} at ${objects.path}, if it is not there` }];
}

/** What the plan says of the objects. */
export function notesOnObjects(facts: Facts, objects: ObjectStorage | undefined): string[] {
  const { record, launch, objects: recorded } = facts;
  if (objects === undefined) {
    return record && record.objectStorage !== 's3'
      ? [`Objects on ${record.objectStorage} are not all in this image: mount them back.`]
      : [];
  }
  if (objects.kind === 's3') {
    const profile = launch.instanceProfile ?? 'NONE: only keys in the app itself could let it in';
    return [
      `The objects are in the S3 bucket ${objects.bucket} in ${objects.region}: nothing to mount. The ` +
        `new machine must reach it through its instance profile (${profile}).`,
    ];
  }
  const place = objects.kind === 'nfs' ? `the export ${objects.source}` : 'a disk of the machine';
  const snapshot = recorded?.restic
    ? ` restic has snapshot ${recorded.restic.snapshot.slice(0, 8)} of them.`
    : ' No restic snapshot of them is known.';
  return [
    `The objects are on ${place}, at ${objects.path}; the app starts only when they are there.${snapshot}`,
  ];
}
