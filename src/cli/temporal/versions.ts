/** The versions of the workers, with the open runs that each holds. */
import { grpcCodeOf } from '../../contract/temporal-faults';
import {
  readWorkerVersions,
  unversioned,
  versionAttribute,
  type WorkerVersions,
} from '../../contract/worker-versions';
import type { Temporal } from './connect';

/** One version. */
export interface Version {
  /** '' for workers without a version. */
  readonly buildId: string;
  readonly isCurrent: boolean;
  /** Whether Temporal says that its last run has ended. */
  readonly isDrained: boolean;
  /** Whether a worker of it has asked for work within the last minute. */
  readonly isPolled: boolean;
  /** Ids of the open runs that end on it, claims and messages of ended runs among them. */
  readonly open: readonly string[];
}

/** All versions of the task queue that are current, polled, or hold a run. */
export interface Versions extends Pick<WorkerVersions, 'deployment' | 'current'> {
  readonly versions: readonly Version[];
  readonly conflictToken: Uint8Array;
}

const unimplemented = 12;

/** Reads them; undefined where Temporal has no versions. */
export async function readVersions(
  { client, connection, namespace }: Temporal,
  taskQueue: string,
): Promise<Versions | undefined> {
  let read: WorkerVersions;
  try {
    read = await readWorkerVersions(connection.workflowService, { namespace, taskQueue });
  } catch (error) {
    if (grpcCodeOf(error) === unimplemented) return undefined;
    throw error;
  }
  const { deployment, current, builds, drained, polled, conflictToken } = read;
  const each = builds.map(async (buildId): Promise<Version> => {
    const named = versionAttribute(deployment, buildId);
    const query = `TemporalWorkerDeploymentVersion = '${named}' AND ExecutionStatus = 'Running'`;
    const open: string[] = [];
    for await (const { workflowId } of client.workflow.list({ query })) open.push(workflowId);
    const isCurrent = buildId === current;
    return {
      buildId,
      isCurrent,
      isDrained: drained.has(buildId),
      isPolled: polled.has(buildId),
      open,
    };
  });
  const versions = await Promise.all(each);
  if (polled.has(unversioned)) {
    const isCurrent = current === unversioned;
    versions.push({ buildId: unversioned, isCurrent, isDrained: false, isPolled: true, open: [] });
  }
  return { deployment, current, versions, conflictToken };
}

/** The command that gives the open runs of a version, whose workers are gone, to another one. */
export function movingCommand(deployment: string, from: string, to: string): string {
  const query = `TemporalWorkerDeploymentVersion = '${versionAttribute(deployment, from)}' AND ExecutionStatus = 'Running'`;
  return (
    `temporal workflow update-options --query "${query}" --versioning-override-behavior pinned ` +
    `--versioning-override-deployment-name ${deployment} --versioning-override-build-id ${to}`
  );
}
