/** The dialect of a machine that cannot be asked: what its backup says, or its version means. */
import type { BackupRecord } from '../backups/backup-record';
import { isBefore } from '../platform/supported';
import { dialects } from './choose';
import type { Dialect } from './dialect';

/** How the machine's Replicated will be spoken to. */
export function recordedDialect({
  platform,
  replicatedVersion,
}: Pick<BackupRecord, 'platform' | 'replicatedVersion'>): Dialect {
  if (platform?.cli !== undefined) return dialects[platform.cli];
  const isOlder = replicatedVersion !== undefined && isBefore(replicatedVersion, '2.26');
  return isOlder ? dialects.inspect : dialects.status;
}
