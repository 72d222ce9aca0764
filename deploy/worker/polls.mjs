/**
 * The health check of a worker's container: whether this very worker asked Temporal for work within
 * the last minute. A worker that hangs, or has lost Temporal, does not.
 */
import { createRequire } from 'node:module';
import { hostname } from 'node:os';

const require = createRequire(import.meta.url);
const { taskQueue, withTemporal } = require('../../lib/cli/temporal/connect.js');

// A poll that finds nothing ends after 60 seconds and is followed by the next.
const since = Date.now() - 70_000;

try {
  const polls = await withTemporal(async ({ connection, namespace }) => {
    const { pollers } = await connection.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: taskQueue(process.env) },
    });
    return pollers.some(
      ({ identity, lastAccessTime }) =>
        identity.endsWith(`@${hostname()}`) && Number(lastAccessTime.seconds) * 1000 > since,
    );
  });
  console.log(polls ? 'this worker polls' : 'no poll of this worker within the last 70 seconds');
  process.exitCode = polls ? 0 : 1;
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
