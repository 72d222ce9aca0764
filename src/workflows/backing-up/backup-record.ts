/** What a backup writes on its image, and what it must say the image does not hold. Pure. */
import type { ApplicationFailure } from '@temporalio/workflow';
import type { Found } from '../../activities/backing-up/find-machine';
import type { MachineFacts } from '../../activities/backing-up/read-machine';
import { refuse } from '../../contract/failures';
import type { Settings } from '../../contract/plan';
import type { BackupRequest, Consistency } from '../../contract/requests';
import type { BackupRecord } from '../../machine/backups/backup-record';
import { judgeDatabases, judgeRecorded } from '../../machine/databases/judge';
import { aboutDatabases, notHeld } from '../../machine/backups/not-held';
import { fittedRecord } from '../../machine/backups/record-tags';
import type { Findings } from '../frame/state';

/** What was read over SSH, or why it was not. */
export interface FactsRead {
  readonly facts: MachineFacts | undefined;
  /** Empty when everything was read. */
  readonly missing: string;
}

interface Known {
  readonly request: BackupRequest;
  readonly found: Found;
  readonly read: FactsRead;
  readonly takenAt: string;
  /** Workflow id. */
  readonly run: string;
  readonly settings: Pick<Settings, 'externalServices' | 'objectStorage'>;
}

/** Puts together what EC2 and the machine said. What the machine says outweighs the configuration
 * only towards caution: either of them can declare that data live elsewhere. */
export function recordOf({ request, found, read, takenAt, run, settings }: Known): BackupRecord {
  const { machine, launch } = found;
  const { facts, missing } = read;
  const unrecorded = facts
    ? facts.unrecorded
    : [`hostname, versions, distribution and host keys: ${missing}`.slice(0, 500)];
  const databases = { configured: settings.externalServices, services: facts?.databases ?? [] };
  return {
    installation: request.installation,
    run,
    takenAt,
    consistency: request.consistency,
    sourceInstanceId: machine.instanceId,
    privateAddress: machine.privateAddress,
    publicAddress: machine.publicAddress,
    hostname: facts?.hostname,
    distribution: facts?.distribution,
    platform: facts?.platform,
    replicatedVersion: facts?.replicatedVersion,
    appSequence: facts?.appSequence,
    hostKeys: facts?.hostKeys ?? [],
    launch,
    externalServices: !['inside', 'unseen'].includes(judgeDatabases(databases).verdict),
    databases,
    objectStorage:
      settings.objectStorage === 's3' ? (facts?.objectStorage ?? 's3') : settings.objectStorage,
    nomadClients: facts?.nomadClients,
    volumes: facts?.volumes,
    holdings: facts?.holdings,
    unrecorded,
  };
}

/** The failure that a backup of a machine ends with which this product cannot restore. */
export function notRestorable(
  { platform, sourceInstanceId }: BackupRecord,
  imageId: string,
): ApplicationFailure | undefined {
  if (platform?.cannot === undefined) return undefined;
  return refuse(
    'NotRestorable',
    `${imageId} was made, but ${sourceInstanceId} cannot be restored by this product: ` +
      `${platform.cannot}. Mend that on the machine and make another backup; until then no restore ` +
      'chooses this image.',
  );
}

/**
 * The record as the tags have room for it. The report tells all: also what found none, what could not
 * be recorded, and what the image does not hold.
 */
export function settle(
  findings: Findings,
  whole: BackupRecord,
  settings: Pick<Settings, 'objects'>,
): BackupRecord {
  const record = fittedRecord(whole);
  findings.record = record;
  findings.notes.push(...notesOf(whole, settings), ...aboutRoom(record));
  return record;
}

/** What a person must know of the image: what it lacks of the record, and what it does not hold. */
function notesOf(record: BackupRecord, settings: Pick<Settings, 'objects'>): string[] {
  return [...notRecorded(record), ...notHeldOf(record, settings)];
}

/** What of the record found no room in the tags of the image. */
function aboutRoom({ leftOut = [] }: BackupRecord): string[] {
  if (leftOut.length === 0) return [];
  const what = leftOut.map((one) => one.replaceAll('-', ' ')).join(', ');
  return [
    `The record of this backup was too long for the tags of an image, so it lacks: ${what}. A restore ` +
      'goes without them, and asks where it cannot.',
  ];
}

/** One line for each thing that could not be recorded. */
function notRecorded(record: BackupRecord): string[] {
  return record.unrecorded.map((what) => `Not recorded: ${what}`);
}

/** What the image does not hold, but for objects that a step of their own looks after: it tells
 * afterwards whether they are held. */
function notHeldOf(record: BackupRecord, { objects }: Pick<Settings, 'objects'>): string[] {
  return [
    ...aboutDatabases(judgeRecorded(record, undefined)),
    ...notHeld(objects ? { objectStorage: 's3' } : record),
  ];
}

/** What each line of a backup does. */
export function changesOfBackup(
  consistency: Consistency,
  { objects, copies }: Pick<Settings, 'objects' | 'copies'>,
): { step: string; change: string }[] {
  const image = { step: 'Create the image', change: `an AMI of the machine (${consistency})` };
  const wait = { step: 'Wait for the image', change: 'nothing: its snapshots complete' };
  const backed = objects
    ? [{ step: 'Back up the object storage', change: 'the objects are looked at, and backed up' }]
    : [];
  const copied =
    copies.length > 0
      ? [{ step: 'Copy the image to other regions', change: `a copy in ${copies.join(', ')}` }]
      : [];
  if (consistency !== 'stop-app') return [image, wait, ...backed, ...copied];
  return [
    { step: 'Stop the app for the image', change: 'the app is stopped for a moment' },
    image,
    { step: 'Start the app again', change: '`replicatedctl app start`' },
    wait,
    ...backed,
    ...copied,
  ];
}
