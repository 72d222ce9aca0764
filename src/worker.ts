/**
 * The worker: configuration → world → activities → Temporal. Nothing else happens here, so that
 * production, the demo and the tests run the same program.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { createActivities } from './activities';
import { ConfigError, configPath, loadConfig } from './config';
import { waitingQueue } from './contract/queues';
import { faultOf } from './contract/temporal-faults';
import { requireSearchAttributes } from './worker/attributes';
import { connectWorker, NoConnection } from './worker/connection';
import { buildIdOf, keepCurrent, presentVersion } from './worker/versions';
import { openWorld } from './world/open';

/** The task queue of every runbook, unless RUNBOOK_TASK_QUEUE names another. */
const taskQueue = process.env['RUNBOOK_TASK_QUEUE'] ?? 'runbook';

async function main(): Promise<void> {
  const file = configPath(process.env);
  const config = loadConfig(file);
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const connection = await connectWorker(connectionOptions);
  const unseen = await requireSearchAttributes(connection, namespace);
  if (unseen !== undefined) console.log(unseen);
  const place = { connection, namespace, taskQueue };
  const buildId = buildIdOf(process.env, bundle);
  const version = await presentVersion(place, buildId);
  const shared = {
    connection,
    namespace,
    // Also on the second queue: what a run has begun there is for its own code, too.
    ...version.options,
    activities: createActivities(openWorld(config, () => loadConfig(file))),
    // A step under way may finish; what does not is retried by the next worker, which looks first.
    shutdownGraceTime: '20 seconds',
    shutdownForceTime: '30 seconds',
  } satisfies Partial<WorkerOptions>;
  const worker = await Worker.create({
    ...shared,
    taskQueue,
    ...workflowCode(),
    // After a crash the next workflow task waits for the dead worker's queue no longer than this.
    stickyQueueScheduleToStartTimeout: '2 seconds',
    maxConcurrentActivityTaskExecutions: 20,
    // A worker that is frozen takes tasks with it by its open polls: fewer than attempts.
    maxConcurrentActivityTaskPolls: 2,
    maxConcurrentWorkflowTaskPolls: 2,
    maxConcurrentWorkflowTaskExecutions: 10,
  });
  // What waits for hours takes no slot from a restore, nor from the notices of its gates.
  const waiting = await Worker.create({
    ...shared,
    taskQueue: waitingQueue(taskQueue),
    maxConcurrentActivityTaskExecutions: 200,
  });
  const installations = Object.keys(config.installations).join(', ');
  console.log(`worker ready: task queue ${taskQueue}, installations ${installations}`);
  const ended = new AbortController();
  const current = keepCurrent(place, version.buildId, ended.signal);
  try {
    await Promise.all([worker.run(), waiting.run()]);
  } finally {
    ended.abort();
    await current;
  }
  await connection.close();
}

/** The bundle that the build made; from source, the worker bundles the workflows itself. */
const bundle = join(__dirname, 'workflow-bundle.js');

function workflowCode(): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  return existsSync(bundle)
    ? { workflowBundle: { codePath: bundle } }
    : { workflowsPath: require.resolve('./workflows') };
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(inWords(error));
    // Timers of an activity that did not end in time would keep the process alive.
    process.exit(1);
  },
);

/** What a person can mend is a sentence; what nobody foresaw keeps its stack. */
function inWords(error: unknown): unknown {
  if (error instanceof ConfigError || error instanceof NoConnection) return error.message;
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const asked = { address: connectionOptions.address ?? 'localhost:7233', namespace };
  return faultOf(error, asked)?.text ?? error;
}
