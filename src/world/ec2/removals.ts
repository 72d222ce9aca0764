/** The calls that take something away: only for what this tool has made, after another look. */
import {
  DeleteSnapshotCommand,
  DeleteTagsCommand,
  DeregisterImageCommand,
} from '@aws-sdk/client-ec2';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { codeOf } from '../../contract/aws-code';
import { call, isNotFound } from './errors';

/** The removing part of EC2. What is gone already is no error. */
export interface Ec2Removals {
  /** Its snapshots stay. */
  deregisterImage(id: string, signal?: AbortSignal): Promise<void>;
  /** False while an image stands on it. */
  deleteSnapshot(id: string, signal?: AbortSignal): Promise<boolean>;
  untag(ids: readonly string[], keys: readonly string[], signal?: AbortSignal): Promise<void>;
}

/** Makes the removing part for one region. */
export function removals(client: EC2Client, region: string): Ec2Removals {
  return {
    deregisterImage: (id, signal) =>
      call(
        { action: 'DeregisterImage', region },
        async () => {
          const command = new DeregisterImageCommand({ ImageId: id });
          await client.send(command, { abortSignal: signal }).catch(unlessGone);
        },
        signal,
      ),
    deleteSnapshot: (id, signal) =>
      call(
        { action: 'DeleteSnapshot', region },
        async () => {
          const command = new DeleteSnapshotCommand({ SnapshotId: id });
          try {
            await client.send(command, { abortSignal: signal }).catch(unlessGone);
            return true;
          } catch (error) {
            if (codeOf(error) === 'InvalidSnapshot.InUse') return false;
            throw error;
          }
        },
        signal,
      ),
    untag: (ids, keys, signal) =>
      call(
        { action: 'DeleteTags', region },
        async () => {
          const Tags = keys.map((Key) => ({ Key }));
          const command = new DeleteTagsCommand({ Resources: [...ids], Tags });
          await client.send(command, { abortSignal: signal });
        },
        signal,
      ),
  };
}

function unlessGone(error: unknown): void {
  // A deregistered image answers Unavailable for a while, then NotFound.
  if (!isNotFound(error) && codeOf(error) !== 'InvalidAMIID.Unavailable') throw error;
}
