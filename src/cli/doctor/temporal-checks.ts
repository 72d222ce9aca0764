/** The doctor's look at Temporal. */
import {
  missingAttributes,
  readRetentionDays,
  retentionDays,
  runbookAttributes,
} from '../temporal/prepare-namespace';
import { taskQueue, withTemporal, workerPolls } from '../temporal/connect';
import type { Temporal } from '../temporal/connect';
import type { Config } from '../../config';
import type { Finding } from './check';
import { check } from './check';
import { examineSchedules } from './schedule-checks';
import { examineVersions } from './version-checks';

/** Reachable, retention, search attributes, worker, and the schedules where the configuration is. */
export async function examineTemporal(config: Config | undefined): Promise<readonly Finding[]> {
  const reachable = await check(
    'Temporal',
    'start one with `runbook up`, or name yours with TEMPORAL_ADDRESS',
    async () => await withTemporal((temporal) => Promise.resolve(`answers at ${temporal.address}`)),
  );
  if (reachable.level === 'FAIL') return [reachable];
  return await withTemporal(async (temporal) => [
    reachable,
    await examineRetention(temporal),
    await examineAttributes(temporal),
    await examineWorker(temporal),
    ...(await examineVersions(temporal)),
    ...(config === undefined ? [] : await examineSchedules(temporal, config)),
  ]);
}

async function examineRetention({ connection, namespace }: Temporal): Promise<Finding> {
  const todo = `temporal operator namespace update -n ${namespace} --retention ${String(retentionDays)}d`;
  return await check(`retention of namespace ${namespace}`, todo, async () => {
    const days = await readRetentionDays(connection, namespace);
    if (days >= 30) return `${String(days)} days`;
    const what = `namespace ${namespace} forgets a run ${String(days)} day(s) after its end`;
    return { level: 'warn', what, todo };
  });
}

async function examineAttributes({ connection, namespace }: Temporal): Promise<Finding> {
  const todo = runbookAttributes
    .map((name) => `temporal operator search-attribute create --name ${name} --type Keyword`)
    .join(' && ');
  return await check('search attributes', todo, async () => {
    const missing = await missingAttributes(connection, namespace);
    if (missing.length === 0) return runbookAttributes.join(', ');
    return { level: 'FAIL', what: `search attributes are missing: ${missing.join(', ')}`, todo };
  });
}

async function examineWorker(temporal: Temporal): Promise<Finding> {
  const queue = taskQueue(process.env);
  const todo = 'start one with `runbook worker`';
  return await check('worker', todo, async () => {
    if (await workerPolls(temporal, queue)) return `polls task queue ${queue}`;
    return { level: 'FAIL', what: `no worker polls task queue ${queue}`, todo };
  });
}
