/**
 * Worker versions: a run ends on the code that it began with. A version is one build of the worker;
 * those of one task queue form a deployment, of which one is current: new runs begin on it.
 */
import { grpcCodeOf } from './temporal-faults';

/** A worker without a version, as Temporal has none for it. */
export const unversioned = '';

/** The name of a task queue's deployment; Temporal allows no dot and no colon in it. */
export function deploymentOf(taskQueue: string): string {
  return taskQueue.replaceAll(/[.:]/g, '-');
}

/** A version as the search attribute TemporalWorkerDeploymentVersion names it. */
export function versionAttribute(deployment: string, buildId: string): string {
  return `${deployment}:${buildId}`;
}

interface Build {
  readonly buildId?: string | null;
}

/** What Temporal says of a deployment, as far as it is read here. */
interface Described {
  readonly conflictToken?: Uint8Array | null;
  readonly workerDeploymentInfo?: {
    readonly versionSummaries?:
      readonly { readonly deploymentVersion?: Build | null; readonly status?: unknown }[] | null;
    readonly routingConfig?: { readonly currentDeploymentVersion?: Build | null } | null;
  } | null;
}

/** What Temporal's client and a worker's connection both offer; times and tokens as they come. */
export interface VersionService {
  describeWorkerDeployment(request: {
    readonly namespace: string;
    readonly deploymentName: string;
  }): Promise<Described>;
  describeTaskQueue(request: {
    readonly namespace: string;
    readonly taskQueue: { readonly name: string };
  }): Promise<{
    readonly pollers: readonly {
      readonly lastAccessTime?: { readonly seconds?: unknown } | null;
      readonly deploymentOptions?: Build | null;
    }[];
  }>;
}

/** The versions of a task queue's workers; a build id of '' stands for workers without a version. */
export interface WorkerVersions {
  readonly deployment: string;
  readonly current: string;
  /** Every build that Temporal knows, the newest first. */
  readonly builds: readonly string[];
  /** Builds that were current once, on which no run is open any more. */
  readonly drained: ReadonlySet<string>;
  /** Builds whose workers have asked for work within the last minute. */
  readonly polled: ReadonlySet<string>;
  /** What a change must present; empty before the first worker with a version. */
  readonly conflictToken: Uint8Array;
}

/** A poll that finds nothing ends after 60 seconds; who polled earlier is gone. */
const pollLastsMs = 70_000;
const notFound = 5;
/** WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED */
const isDrained = 5;

/** Reads them; throws what Temporal answers. */
export async function readWorkerVersions(
  service: VersionService,
  { namespace, taskQueue }: { readonly namespace: string; readonly taskQueue: string },
): Promise<WorkerVersions> {
  const deployment = deploymentOf(taskQueue);
  const [described, { pollers }] = await Promise.all([
    service
      .describeWorkerDeployment({ namespace, deploymentName: deployment })
      .catch((error: unknown): Described => {
        if (grpcCodeOf(error) === notFound) return {};
        throw error;
      }),
    service.describeTaskQueue({ namespace, taskQueue: { name: taskQueue } }),
  ]);
  const { conflictToken, workerDeploymentInfo: info } = described;
  const live = pollers.filter(
    ({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000 > Date.now() - pollLastsMs,
  );
  const summaries = info?.versionSummaries ?? [];
  const idsOf = (some: typeof summaries): string[] =>
    some.flatMap(({ deploymentVersion }) => deploymentVersion?.buildId ?? []);
  return {
    deployment,
    current: info?.routingConfig?.currentDeploymentVersion?.buildId ?? unversioned,
    builds: idsOf(summaries),
    drained: new Set(idsOf(summaries.filter(({ status }) => status === isDrained))),
    polled: new Set(live.map(({ deploymentOptions }) => deploymentOptions?.buildId ?? unversioned)),
    conflictToken: conflictToken ?? new Uint8Array(),
  };
}

/**
 * Whether a worker of this build makes itself current. It never takes the place of a version that a
 * worker polls for: which of two is to be current, a person decides. Where none does, new runs would
 * wait for ever, and a first start would need a command.
 */
export function takesOver(
  mine: string,
  { current, polled }: Pick<WorkerVersions, 'current' | 'polled'>,
): boolean {
  return current !== mine && !polled.has(current);
}

/** A build id in a sentence. */
export function nameOf(buildId: string): string {
  return buildId === unversioned ? 'workers without a version' : buildId;
}
