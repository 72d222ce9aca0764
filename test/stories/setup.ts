/** One Temporal server for all stories; its address reaches them by the environment. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTemporal } from '../../src/cli/temporal/dev-server';
import { findTemporalCli } from '../../src/cli/temporal/find-cli';
import { recordHistories } from './record';

declare global {
  var endStoriesServer: (() => Promise<void>) | undefined;
}

export default async function startServer(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-stories-'));
  const cliPath = await findTemporalCli();
  const server = await startTemporal({
    cliPath,
    dbFile: join(folder, 'temporal.db'),
    logFile: join(folder, 'temporal.log'),
    // Three minutes by default, before it says that a version of the workers has drained.
    settings: {
      'matching.wv.VersionDrainageStatusVisibilityGracePeriod': '5s',
      'matching.wv.VersionDrainageStatusRefreshInterval': '5s',
    },
  });
  process.env['STORIES_TEMPORAL_CLI'] = cliPath;
  process.env['STORIES_TEMPORAL'] = server.address;
  process.env['STORIES_TEMPORAL_UI'] = server.uiUrl;
  // Jest calls teardown.ts in the same process, where the server is ours to end.
  globalThis.endStoriesServer = async () => {
    try {
      if (process.env['RECORD_HISTORIES']) await recordHistories(server.address);
    } finally {
      await server.stop();
    }
    rmSync(folder, { recursive: true, force: true });
  };
}
