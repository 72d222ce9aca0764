/** What an image of a Services machine does not hold, in words for a person. */
import type { BackupRecord } from './backup-record';

/** Says plainly what this image does not hold. */
export function notHeld(
  record: Pick<BackupRecord, 'externalServices' | 'objectStorage'>,
): string[] {
  const notes: string[] = [];
  if (record.externalServices) {
    notes.push(
      'This image does NOT hold the databases: the installation uses external services. Back them ' +
        'up with their own means, at the same time.',
    );
  }
  if (record.objectStorage === 'nfs') {
    notes.push(
      'This image does NOT hold artifacts, caches and logs: they are on an NFS share. Back that up ' +
        'separately and mount it at the same place on restore.',
    );
  }
  if (record.objectStorage === 'disk') {
    notes.push(
      'Artifacts, caches and logs are on a disk of the machine (/data/circle/storage-fileserver). ' +
        'The image holds them only if that disk is one of its volumes: check the symlink.',
    );
  }
  return notes;
}
