import type { BackupRecord } from '../../../src/machine/backups/backup-record';
import type { BackupImage } from '../../../src/machine/backups/backups';
import { encodeRecord } from '../../../src/machine/backups/record-tags';

/** The record of a backup with nothing unusual about it. */
export const record: BackupRecord = {
  installation: 'prod',
  run: 'backup-prod-k3f9',
  takenAt: '2026-11-24T02:00:00.000Z',
  consistency: 'no-reboot',
  sourceInstanceId: 'i-0123456789abcdef0',
  privateAddress: '10.0.1.5',
  hostKeys: [],
  launch: {
    instanceType: 'm5.2xlarge',
    subnetId: 'subnet-0a1b2c3d',
    securityGroupIds: ['sg-0a'],
    httpTokens: 'optional',
    httpPutResponseHopLimit: 1,
    terminationProtection: true,
  },
  externalServices: false,
  objectStorage: 's3',
  unrecorded: [],
};

/** A verified backup that was taken so many hours after midnight of 24 November 2026. */
export function backupAt(hour: number, { tags, ...other }: Partial<BackupImage> = {}): BackupImage {
  const createdAt = new Date(Date.UTC(2026, 10, 24) + hour * 3_600_000).toISOString();
  const own = { ...record, takenAt: createdAt };
  return {
    id: `ami-${String(hour)}`,
    state: 'available',
    createdAt,
    tags: { ...encodeRecord(own), 'runbook:verified': 'yes', ...tags },
    ...other,
  };
}
