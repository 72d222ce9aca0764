/** One Temporal server for all stories; its address reaches them by the environment. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTemporal } from '../../src/cli/temporal/dev-server';
import { findTemporalCli } from '../../src/cli/temporal/find-cli';

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
  });
  process.env['STORIES_TEMPORAL_CLI'] = cliPath;
  process.env['STORIES_TEMPORAL'] = server.address;
  process.env['STORIES_TEMPORAL_UI'] = server.uiUrl;
  // Jest calls teardown.ts in the same process, where the server is ours to end.
  globalThis.endStoriesServer = async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}
