/**
 * The sheet of an installation: the page that administrators get beforehand, with everything that
 * a restore by hand needs when neither this tool nor Temporal is left.
 */
import { aboutDatabases, notHeld } from '../../machine/backups/not-held';
import { choiceText } from '../../machine/launch/launch-settings';
import { time } from '../markdown';
import type { SheetFacts } from './facts';
import { beforehand, launching } from './launch';
import {
  addressing,
  naming,
  restarting,
  rootShell,
  starting,
  stopping,
  verifying,
  wiping,
} from './on-machine';
import { theMounts } from './mounts';
import type { Row, Section, Sheet, Step } from './page';

/** Makes the sheet. */
export function makeSheet(facts: SheetFacts): Sheet {
  const { installation, madeAt } = facts;
  return {
    title: `Restore ${installation} by hand`,
    lead: [
      `Made ${time(madeAt)}. Valid until the next backup of ${installation}: then this sheet is ` +
        'written anew, and the image that it names may be removed some day.',
      'How to put the CircleCI Services machine back from its backup with nothing but the AWS CLI ' +
        'and SSH. A number in a title is the instruction of the vendor’s page “Backup and Recovery”.',
    ],
    sections: [
      theMachine(facts),
      equivalentServer(facts),
      newestBackup(facts),
      ...inOtherRegions(facts),
      addressesToReplace(facts),
      theMounts(facts),
      hostKeys(facts),
      shortcomings(facts),
      {
        title: 'Steps',
        text: 'Tick each off. A line that the paper breaks without a backslash is one line.',
        steps: steps(facts),
      },
      afterwards(facts),
    ],
  };
}

/** What is done, in its order. */
function steps(facts: SheetFacts): Step[] {
  return [
    beforehand(facts),
    launching(facts),
    rootShell(facts),
    stopping(facts),
    naming(facts),
    addressing(facts),
    wiping(),
    restarting(facts),
    starting(facts),
    verifying(),
  ];
}

function theMachine({ hostname, region, record, elasticIp, login }: SheetFacts): Section {
  const { bastion } = login;
  const through = bastion
    ? `, through ${bastion.user}@${bastion.host} (port ${String(bastion.port)})`
    : '';
  return {
    title: 'The machine',
    rows: [
      ['Hostname', hostname],
      ['Lives in', `region ${region}, ${record.launch.subnetId}`],
      ['Instance', record.sourceInstanceId],
      [
        'Reached by',
        elasticIp === undefined
          ? `the DNS record of ${hostname}`
          : `the Elastic IP ${elasticIp}, which moves to the new machine`,
      ],
      [
        'SSH',
        `${login.user} at its ${login.address} address, port ${String(login.port)}${through}`,
      ],
    ],
  };
}

function equivalentServer(facts: SheetFacts): Section {
  const { launch, region, image, specs, spare, alternatives = [] } = facts;
  return {
    title: 'The equivalent server',
    text: spareText(spare, facts.installation),
    rows: [
      ['Instance type', launch.instanceType],
      ['Specs', specsText(specs)],
      ...alternatives.map((one): Row => [
        'Where AWS refuses that',
        `${choiceText(one)}: ${specsText(one.specs)}`,
      ]),
      ...image.disks.map((disk): Row => ['Volume', diskText(disk)]),
      ['Place', `region ${region}, ${launch.subnetId}`],
      ['Security groups', launch.securityGroupIds.join(', ')],
      ['Key pair', launch.keyPair ?? 'none'],
      ['Instance profile', launch.instanceProfile ?? 'none'],
      [
        'Instance metadata',
        `tokens ${launch.httpTokens}, hop limit ${String(launch.httpPutResponseHopLimit)}`,
      ],
      ['Termination protection', launch.terminationProtection ? 'yes' : 'no'],
    ],
  };
}

function spareText(spare: SheetFacts['spare'], installation: string): string {
  if (spare === undefined) return 'There is no spare machine: instruction 1 launches this one.';
  const { region, machine } = spare;
  if ('unknown' in machine) {
    return `There is no spare machine in ${region} that is known to be ready (${machine.unknown}): instruction 1 launches this one.`;
  }
  const { instanceId, image, instanceType } = machine;
  return (
    `A spare waits in ${region}: ${instanceId} (${instanceType}), which holds ${image}. Its units start only after ` +
    `runbook restore ${installation} --from spare. Without this tool leave it alone: instruction 1 launches this one.`
  );
}

/** Where the commands below work as well, with these values in the place of the first region's. */
function inOtherRegions({ elsewhere }: SheetFacts): Section[] {
  if (elsewhere.length === 0) return [];
  return [
    {
      title: 'In other regions',
      text:
        'When the region itself is gone: in instruction 1 put these in the place of region, image, ' +
        'subnet and security groups, leave the key pair out, and change the DNS record instead of ' +
        'moving an Elastic IP.',
      rows: elsewhere.map(({ region, copy, subnetId, securityGroupIds }): Row => {
        const image =
          'unknown' in copy ? copy.unknown : `${copy.image}, taken ${time(copy.takenAt)}`;
        const groups = securityGroupIds?.join(', ') ?? 'security groups to be chosen';
        return [region, `${image}; ${subnetId ?? 'subnet to be chosen'}; ${groups}`];
      }),
    },
  ];
}

function specsText(specs: SheetFacts['specs']): string {
  if ('unknown' in specs) return `specs unknown: ${specs.unknown}`;
  const gib = Math.round((specs.memoryMib / 1024) * 10) / 10;
  return `${String(specs.vCpus)} vCPU, ${String(gib)} GiB memory, ${specs.architectures.join(' or ')}`;
}

function diskText({
  device,
  sizeGib,
  volumeType,
  snapshotId,
}: SheetFacts['image']['disks'][number]): string {
  const size = sizeGib === undefined ? 'size unknown' : `${String(sizeGib)} GiB`;
  const from = snapshotId === undefined ? '' : `, from ${snapshotId}`;
  return `${device}, ${size} ${volumeType ?? ''}`.trimEnd() + from;
}

function newestBackup({ image, region, record }: SheetFacts): Section {
  return {
    title: 'The newest usable backup',
    rows: [
      ['Image', `${image.id} in ${region}`],
      ['Name', image.name],
      ['Taken', `${time(image.createdAt)}, ${record.consistency}`],
      ['Run', record.run],
      ['Distribution', record.platform?.os ?? distributionText(record.distribution)],
      ['Replicated', record.replicatedVersion ?? 'not recorded'],
      ['App sequence', record.appSequence?.toString() ?? 'not recorded'],
      ['Nomad clients', record.nomadClients?.toString() ?? 'not recorded'],
    ],
  };
}

function distributionText(distribution: 'debian' | 'rhel' | undefined): string {
  if (distribution === undefined) return 'not recorded';
  return distribution === 'debian' ? 'Debian or Ubuntu' : 'RHEL or CentOS';
}

function addressesToReplace({ record }: SheetFacts): Section {
  return {
    title: 'Addresses to replace',
    text: 'The old ones stand in the files of the image. Write the new ones here after instruction 1.',
    rows: [
      ['Old private address', record.privateAddress],
      ['Old public address', record.publicAddress ?? 'none'],
      ['New instance', undefined],
      ['New private address', undefined],
      ['New public address', undefined],
    ],
  };
}

function hostKeys(facts: SheetFacts): Section {
  const recorded = facts.record.hostKeys;
  const pinned = facts.hostKeys.filter((key) => !recorded.includes(key));
  const keys = [
    ...recorded.map((key) => `${key} (recorded with the backup)`),
    ...pinned.map((key) => `${key} (pinned in runbook.yaml)`),
  ];
  return {
    title: 'Host keys of the old machine',
    text:
      'A new machine usually makes its own, and prints their fingerprints on its console; one ' +
      'that does not shows one of these.',
    list: keys.length > 0 ? keys : ['none is known: trust only what the console prints'],
  };
}

function shortcomings({ record, databases, objectStorage }: SheetFacts): Section {
  const elsewhere =
    objectStorage === 's3'
      ? [
          'Artifacts, caches and logs are in S3, not in the image; the new machine reaches them there.',
        ]
      : [];
  return {
    title: 'What the image does not hold',
    list: [
      ...elsewhere,
      ...aboutDatabases(databases),
      ...notHeld({ objectStorage }),
      'Whatever happened after it was taken: builds since then are not in it.',
      ...record.unrecorded.map((what) => `Not recorded: ${what}`),
    ],
  };
}

function afterwards({ installation, foundBy }: SheetFacts): Section {
  const tags = Object.entries(foundBy).map(([key, value]) => `${key}=${value}`);
  return {
    title: 'Afterwards',
    list: [
      'Change the Nomad clients: their launch configuration names the old private address. Replace them.',
      ...(tags.length > 0
        ? [
            `Take the tags ${tags.join(', ')} from the old machine; backups find the new one by them.`,
          ]
        : ['In runbook.yaml, let servicesMachine name the new instance.']),
      'In runbook.yaml, pin the new host key (ssh.hostKeys).',
      'Set projects up again if the hostname has changed, so that their webhooks reach the new host.',
      `Delete /root/before-restore once all is well, and make a backup: runbook backup ${installation}`,
    ],
  };
}
