/** The doctor's look at the versions of the workers. */
import { nameOf, unversioned } from '../../contract/worker-versions';
import { taskQueue, type Temporal } from '../temporal/connect';
import { movingCommand, readVersions, type Version, type Versions } from '../temporal/versions';
import { check, type Finding } from './check';

/** Who is current, which versions drain, and which runs wait for a worker that is not there. */
export async function examineVersions(temporal: Temporal): Promise<readonly Finding[]> {
  let found: Versions | undefined;
  const looked = await check('worker versions', 'ask again', async () => {
    found = await readVersions(temporal, taskQueue(process.env));
    return found ? 'read' : 'this Temporal has none; runs go on with whatever worker there is';
  });
  return found ? judgeVersions(found) : [looked];
}

/** One finding for the current version, and one for each other that matters. */
export function judgeVersions(found: Versions): readonly Finding[] {
  const others = found.versions.filter(({ isCurrent }) => !isCurrent);
  return [judgeCurrent(found), ...others.flatMap((version) => judgeOther(found, version) ?? [])];
}

function judgeCurrent({ current, versions }: Versions): Finding {
  const what = `worker versions: new runs begin on ${nameOf(current)}`;
  if (versions.some(({ isCurrent, isPolled }) => isCurrent && isPolled)) {
    return { level: 'ok', what };
  }
  const [other] = versions.filter(({ isPolled }) => isPolled);
  if (current === unversioned && !other) return { level: 'ok', what: `${what}; none polls` };
  return {
    level: 'FAIL',
    what: `${what}, for which no worker polls`,
    todo: other
      ? `${commandFor(other)}; the worker does it by itself within two minutes`
      : 'start a worker: it takes the place by itself',
  };
}

function judgeOther({ deployment, current }: Versions, version: Version): Finding | undefined {
  const { buildId, isPolled, open } = version;
  const runs = `${String(open.length)} open run(s): ${open.slice(0, 3).join(', ')}`;
  if (open.length > 0 && isPolled) {
    return { level: 'ok', what: `worker versions: ${nameOf(buildId)} drains, ${runs}` };
  }
  if (open.length > 0) {
    return {
      level: 'warn',
      what: `worker versions: no worker polls for ${nameOf(buildId)}, which holds ${runs}`,
      todo: `start a worker of that build, or move them: ${movingCommand(deployment, buildId, current)}`,
    };
  }
  if (!isPolled) return undefined;
  return {
    level: 'warn',
    what: `worker versions: a worker of ${nameOf(buildId)} polls, but holds no run and begins none`,
    todo: `end it, or let new runs begin on it: ${commandFor(version)}`,
  };
}

function commandFor({ buildId }: Version): string {
  return `runbook versions use ${buildId === unversioned ? 'unversioned' : buildId}`;
}
