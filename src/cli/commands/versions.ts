/** `runbook versions`: which code new runs begin on, and which code open runs still need. */
import { nameOf, unversioned } from '../../contract/worker-versions';
import type { Call } from '../command-row';
import { commandRow } from '../command-row';
import { CliError, exitStatus, type ExitStatus } from '../exit-status';
import { taskQueue, withTemporal, type Temporal } from '../temporal/connect';
import { readVersions, type Version, type Versions } from '../temporal/versions';
import { userName } from '../user-name';

export const versions = commandRow({
  usage: 'versions [use] [build]',
  summary: 'list the versions of the workers; `use BUILD` lets new runs begin on one',
  example:
    'runbook versions\nrunbook versions use 0.2.0-3f2a9c81d0\nrunbook versions use unversioned',
  run: async (call) => {
    const [verb, build] = call.args;
    if (verb === undefined) return await list(call);
    if (verb !== 'use' || build === undefined) {
      throw new CliError('WrongUsage', 'write `versions`, or `versions use BUILD`');
    }
    return await use(call, build === 'unversioned' ? unversioned : build);
  },
});

async function read(temporal: Temporal): Promise<Versions> {
  const found = await readVersions(temporal, taskQueue(process.env));
  if (found) return found;
  throw new CliError('Failed', 'This Temporal has no worker versions: they need server 1.29.');
}

async function list({ out }: Call<object>): Promise<ExitStatus> {
  return await withTemporal(async (temporal) => {
    const { deployment, current, versions: all } = await read(temporal);
    const none = `Workers of ${deployment} have no versions, or none has ever been started.`;
    const text = all.map(lineOf).join('\n');
    out.result(text === '' ? none : text, { deployment, current, versions: all });
    return exitStatus.done;
  });
}

function lineOf({ buildId, isCurrent, isDrained, isPolled, open }: Version): string {
  const place = isCurrent ? 'current' : isDrained ? 'drained' : open.length > 0 ? 'drains' : '';
  const worker = isPolled ? 'a worker polls' : 'no worker polls';
  const runs = open.length === 0 ? 'no open runs' : `${String(open.length)} open: ${some(open)}`;
  const name = buildId === unversioned ? 'unversioned' : buildId;
  return `${name.padEnd(28)}  ${place.padEnd(8)}  ${worker.padEnd(15)}  ${runs}`;
}

function some(ids: readonly string[]): string {
  const shown = ids.slice(0, 3).join(', ');
  return ids.length > 3 ? `${shown} …` : shown;
}

async function use({ out }: Call<object>, build: string): Promise<ExitStatus> {
  return await withTemporal(async (temporal) => {
    const { deployment, current, versions: all, conflictToken } = await read(temporal);
    if (current === build) {
      out.result(`${nameOf(build)}: current already`, { deployment, current });
      return exitStatus.done;
    }
    const wanted = all.find(({ buildId }) => buildId === build);
    if (wanted?.isPolled !== true) {
      const polled = all.filter(({ isPolled }) => isPolled).map(({ buildId }) => nameOf(buildId));
      throw new CliError(
        'Failed',
        `No worker polls for ${nameOf(build)}, so new runs would wait for ever. Polled are: ` +
          `${polled.join(', ') || 'none'}. Start its worker first.`,
      );
    }
    await temporal.connection.workflowService.setWorkerDeploymentCurrentVersion({
      namespace: temporal.namespace,
      deploymentName: deployment,
      buildId: build,
      // Refused when somebody else has changed it since it was read.
      conflictToken,
      identity: `runbook versions, ${userName()}`,
    });
    const before = all.find(({ buildId }) => buildId === current);
    const held = before?.open.length ?? 0;
    out.result(
      `New runs begin on ${nameOf(build)} now. ` +
        (held === 0
          ? `No run is open on ${nameOf(current)}.`
          : `${String(held)} open on ${nameOf(current)}: leave its worker running until they have ended.`),
      { deployment, current: build, before: current },
    );
    return exitStatus.done;
  });
}
