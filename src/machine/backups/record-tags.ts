/**
 * A backup's record as tags of its image and snapshots. A tag's value holds 256 characters and an
 * object 50 tags, so the record is JSON cut into numbered tags.
 */
import { z } from 'zod';
import type { BackupRecord } from './backup-record';
import { asciiJson, chunksOf, joinChunks, valueLimit } from '../text/chunked-tags';
import { databaseSigns } from '../databases/signs';
import { dialectNames } from '../dialects/dialect';
import { jsonOf } from '../text/json';
import { objectTagLimit } from './object-tags';
import { inits } from '../platform/init';
import { recordedDatabases } from '../proof/databases';
import { fitRecord } from './record-fit';
import { recordedVolumes } from '../volumes/record';

const tagLimit = 50;
// The caller's `Name`, the three that `encodeRecord` adds, and what is said of the image later:
// verified, proven, held, being removed; of a copy where it is from; and where its objects are.
const otherTags = 9 + objectTagLimit;

const backupRecord: z.ZodType<BackupRecord> = z.object({
  installation: z.string(),
  run: z.string(),
  takenAt: z.string(),
  consistency: z.enum(['no-reboot', 'reboot', 'stop-app']),
  sourceInstanceId: z.string(),
  privateAddress: z.string(),
  publicAddress: z.string().optional(),
  hostname: z.string().optional(),
  distribution: z.enum(['debian', 'rhel']).optional(),
  platform: z
    .object({
      os: z.string().optional(),
      init: z.enum(inits).optional(),
      cli: z.enum(dialectNames).optional(),
      docker: z.string().optional(),
      server: z.string().optional(),
      cannot: z.string().optional(),
    })
    .optional(),
  replicatedVersion: z.string().optional(),
  appSequence: z.number().optional(),
  hostKeys: z.array(z.string()),
  launch: z.object({
    instanceType: z.string(),
    subnetId: z.string(),
    securityGroupIds: z.array(z.string()),
    instanceProfile: z.string().optional(),
    keyPair: z.string().optional(),
    httpTokens: z.enum(['optional', 'required']),
    httpPutResponseHopLimit: z.number(),
    terminationProtection: z.boolean(),
  }),
  externalServices: z.boolean(),
  // A later version may know more signs: that must not make the whole record unreadable.
  databases: databaseSigns.optional().catch(undefined),
  objectStorage: z.enum(['s3', 'disk', 'nfs']),
  nomadClients: z.number().optional(),
  // What another version wrote here must not make the whole record unreadable.
  volumes: recordedVolumes.optional().catch(undefined),
  holdings: recordedDatabases.optional().catch(undefined),
  marks: z.array(z.string()).optional().catch(undefined),
  leftOut: z.array(z.string()).optional().catch(undefined),
  unrecorded: z.array(z.string()),
});

/** The record as the tags have room for it; what they have none for is named in it. */
export function fittedRecord(record: BackupRecord): BackupRecord {
  return fitRecord(record, (tagLimit - otherTags) * valueLimit);
}

/**
 * The tags of a backup, all but `Name`. Throws RangeError where not even what a restore cannot do
 * without fits into the tags that an object may have.
 */
export function encodeRecord(record: BackupRecord): Record<string, string> {
  const tags: Record<string, string> = {
    'runbook:installation': record.installation,
    'runbook:kind': 'backup',
    'runbook:run': record.run,
  };
  const chunks = chunksOf(asciiJson(fittedRecord(record)));
  if (chunks.length + otherTags > tagLimit) {
    throw new RangeError(
      `the record needs ${String(chunks.length)} tags; ${String(tagLimit - otherTags)} are free`,
    );
  }
  chunks.forEach((chunk, index) => {
    tags[`runbook:record.${String(index + 1)}`] = chunk;
  });
  return tags;
}

/** The record in the tags of an image or snapshot; undefined when there is none or it is broken. */
export function decodeRecord(tags: Readonly<Record<string, string>>): BackupRecord | undefined {
  if (tags['runbook:kind'] !== 'backup') {
    return undefined;
  }
  return backupRecord.safeParse(jsonOf(joinChunks(tags, 'runbook:record'))).data;
}

/**
 * The name of a backup's image, the same for every attempt: AWS has no other way to tell that an
 * image was already made. It allows 128 characters and neither colon nor plus.
 */
export function backupName(installation: string, takenAt: string, id: string): string {
  const time = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?Z$/.exec(takenAt);
  if (time === null) {
    throw new RangeError(`${JSON.stringify(takenAt)} is not an ISO 8601 time in UTC`);
  }
  const [year, month, day, hour, minute, second] = time.slice(1).map(String);
  const start = `${installation} ${year}-${month}-${day} ${hour}.${minute}.${second} `;
  const clean = (text: string): string => text.replace(/[^\w()[\] ./'@-]/g, '-');
  // The end of an id is what tells it from others.
  return clean(start) + clean(id).slice(-(128 - start.length));
}
