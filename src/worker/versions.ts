/**
 * The version of this worker, and who is current: decides by itself only where no run would begin
 * otherwise, and says in one line where it stands. docs/operate/upgrades.md tells the whole.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NativeConnection, WorkerOptions } from '@temporalio/worker';
import { grpcCodeOf } from '../contract/temporal-faults';
import {
  deploymentOf,
  nameOf,
  readWorkerVersions,
  takesOver,
  unversioned,
  type WorkerVersions,
} from '../contract/worker-versions';

/** Where a worker works. */
interface Place {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueue: string;
}

/** What this worker presents when it polls; '' without a version. */
interface Presented {
  readonly buildId: string;
  readonly options: Pick<WorkerOptions, 'workerDeploymentOptions'>;
}

const shape = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/;

/**
 * The build id: the package's version and a hash of the workflows' code, so that it is the same
 * wherever the same code was built. RUNBOOK_BUILD_ID names another one.
 */
export function buildIdOf(environment: NodeJS.ProcessEnv, bundle: string): string {
  const named = environment['RUNBOOK_BUILD_ID'] ?? '';
  if (named !== '') {
    if (shape.test(named)) return named;
    throw new Error('RUNBOOK_BUILD_ID is up to 100 letters, digits, dots, dashes or underscores.');
  }
  // The map at its end names the folder of the build.
  const code = existsSync(bundle)
    ? readFileSync(bundle, 'utf8').replace(/\n\/\/# sourceMappingURL=[^]*$/, '')
    : 'from source';
  const manifest = readFileSync(join(__dirname, '../../package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { readonly version: string };
  return `${version}-${createHash('sha256').update(code).digest('hex').slice(0, 10)}`;
}

/** With a version, unless RUNBOOK_VERSIONS is `off` or Temporal has none. */
export async function presentVersion(place: Place, buildId: string): Promise<Presented> {
  const setting = process.env['RUNBOOK_VERSIONS'] ?? 'pinned';
  if (setting !== 'pinned' && setting !== 'off') {
    throw new Error(`RUNBOOK_VERSIONS is "pinned" or "off", not "${setting}".`);
  }
  if (setting === 'off') return { buildId: unversioned, options: {} };
  if (!(await hasVersions(place))) {
    console.log(
      'worker versions: this Temporal has none (they need server 1.29), so a run goes on with ' +
        'whatever worker there is; RUNBOOK_VERSIONS=off says that this is meant',
    );
    return { buildId: unversioned, options: {} };
  }
  const version = { deploymentName: deploymentOf(place.taskQueue), buildId };
  return {
    buildId,
    options: {
      workerDeploymentOptions: {
        version,
        useWorkerVersioning: true,
        defaultVersioningBehavior: 'PINNED',
      },
    },
  };
}

const permissionDenied = 7;
const unimplemented = 12;

/** A server may be too old, or have them switched off; any other trouble is one of the connection. */
async function hasVersions({ connection, namespace }: Place): Promise<boolean> {
  for (let tries = 1; ; tries += 1) {
    try {
      await connection.workflowService.listWorkerDeployments({ namespace, pageSize: 1 });
      return true;
    } catch (error) {
      const code = grpcCodeOf(error);
      if (code === permissionDenied || code === unimplemented) return false;
      if (tries >= 60) throw error;
      await sleep(1000);
    }
  }
}

const lookEveryMs = 20_000;
/** Until the first polls have made this version known. */
const firstLooksMs = 300;
const firstLooks = 100;

/** Looks who is current for as long as the worker runs, and takes over where nobody is. */
export async function keepCurrent(place: Place, mine: string, signal: AbortSignal): Promise<void> {
  let said = '';
  for (let looks = 1; !signal.aborted; looks += 1) {
    const isEarly = looks <= firstLooks;
    let isSettled = false;
    try {
      const versions = await readWorkerVersions(place.connection.workflowService, place);
      isSettled = versions.current === mine || !takesOver(mine, versions);
      const line = isSettled ? lineOf(mine, versions) : await takeOver(place, mine, versions);
      if (line !== undefined && line !== said) console.log(`worker versions: ${line}`);
      said = line ?? said;
    } catch (error) {
      if (grpcCodeOf(error) === unimplemented) return;
      // As long as Temporal does not answer, nothing is current for anybody; the SDK says so.
      if (!isEarly) console.log(`worker versions: ${String(error)}`);
    }
    const pause = isEarly && !isSettled ? firstLooksMs : lookEveryMs;
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}

/** Where a worker of this build stands, when it changes nothing. */
function lineOf(mine: string, { current }: WorkerVersions): string | undefined {
  if (current !== mine) {
    return (
      `new runs begin on ${nameOf(current)}, whose worker polls. This is ${nameOf(mine)}: it ends ` +
      `the runs that began on it. \`runbook versions use ${mine || 'unversioned'}\` makes it current`
    );
  }
  return mine === unversioned ? undefined : `${mine} is current: new runs begin on it`;
}

/** Makes this build current; not before its own polls have arrived, or Temporal refuses. */
async function takeOver(
  { connection, namespace }: Place,
  mine: string,
  { deployment, current, builds, polled, conflictToken }: WorkerVersions,
): Promise<string | undefined> {
  const isKnown = polled.has(mine) && (mine === unversioned || builds.includes(mine));
  if (!isKnown) return undefined;
  await connection.workflowService.setWorkerDeploymentCurrentVersion({
    namespace,
    deploymentName: deployment,
    buildId: mine,
    // Refused when another worker was quicker.
    conflictToken,
    identity: `runbook worker ${nameOf(mine)}`,
  });
  return `no worker polled for ${nameOf(current)}, so ${nameOf(mine)} took its place`;
}
