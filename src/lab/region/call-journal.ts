/** The line that a call of EC2 leaves in the lab's journal. */
import type { LabJournal } from '../shapes';
import type { Reply } from './call';
import type { Query } from './query';

/** Parameters that tell the calls of one action apart. */
const telling = [
  'InstanceId',
  'ImageId',
  'SnapshotId',
  'AllocationId',
  'AssociationId',
  'ResourceId',
  'Name',
  'Attribute',
  'SubnetId',
  'DryRun',
];

/** Journals the call with its outcome: `ok`, an error code, or what a write answered. */
export function journalCall(journal: LabJournal, query: Query, outcome: string | Reply): void {
  const action = query.text('Action') ?? 'no action';
  const parameters = query.visible();
  const words = Object.entries(parameters)
    .filter(([name]) => telling.includes(name.split('.')[0] ?? ''))
    .map(([name, value]) => `${name}=${value}`);
  const made =
    typeof outcome === 'string'
      ? undefined
      : /\b(i|ami)-0[0-9a-f]{16}\b/.exec(JSON.stringify(outcome))?.[0];
  const said = typeof outcome === 'string' ? outcome : 'ok';
  const machine = [parameters['InstanceId.1'], parameters['InstanceId'], made].find((id) =>
    id?.startsWith('i-'),
  );
  journal.write({
    kind: 'ec2',
    ...(machine === undefined ? {} : { machine }),
    text: [action, ...words, '→', made ?? said].join(' '),
    data: { action, outcome: said, parameters },
  });
}
