/** What an image of a Services machine does not hold, in words for a person. */
import type { BackupRecord } from './backup-record';
import type { Judgement, Whereabouts } from '../databases/judge';

const databases: Readonly<Record<Exclude<Whereabouts, 'inside'>, string>> = {
  outside:
    'This image does NOT hold the databases: they are on other machines. Back them up with their own ' +
    'means, at the same time.',
  partly:
    'This image does NOT hold all of the databases: some are on other machines. Back those up with ' +
    'their own means, at the same time.',
  disagree:
    'Whether this image holds the databases is NOT known: the signs disagree. Find out; a restore asks.',
  unseen:
    'Whether this image holds the databases is NOT known: too little could be seen. Find out, and say ' +
    'so with externalServices in runbook.yaml; a restore asks.',
};

/** Says of the databases, with each sign, what must not be taken for granted. Empty: they are inside. */
export function aboutDatabases({ verdict, signs }: Judgement): string[] {
  if (verdict === 'inside') return [];
  return [`${databases[verdict]} Signs: ${signs.join(' · ')}.`];
}

/** Says plainly where the objects are that this image does not hold. */
export function notHeld({ objectStorage }: Pick<BackupRecord, 'objectStorage'>): string[] {
  const notes: string[] = [];
  if (objectStorage === 'nfs') {
    notes.push(
      'This image does NOT hold artifacts, caches and logs: they are on an NFS share. Back that up ' +
        'separately and mount it at the same place on restore.',
    );
  }
  if (objectStorage === 'disk') {
    notes.push(
      'Artifacts, caches and logs are on a disk of the machine (/data/circle/storage-fileserver). ' +
        'The image holds them only if that disk is one of its volumes: check the symlink.',
    );
  }
  return notes;
}
