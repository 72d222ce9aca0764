/**
 * A process of its own: `node sdk-download.js FOLDER VERSION`. It lets the Temporal SDK download
 * its CLI into the folder, as for a test server, and ends that server at once.
 */
import { TestWorkflowEnvironment } from '@temporalio/testing';

async function download(folder: string, version: string): Promise<void> {
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', version, downloadDir: folder } },
  });
  await environment.teardown();
}

const [folder = '', version = ''] = process.argv.slice(2);
download(folder, version).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
