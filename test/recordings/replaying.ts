/** Replays recordings with the built workflows. No server is needed; one worker does them all. */
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type { Recording } from './shelf';

const codePath = join(__dirname, '../../lib/workflow-bundle.js');

let isInstalled = false;

/** What came of one replay. */
interface Outcome {
  readonly recording: Recording;
  /** Why it does not replay. */
  readonly error: Error | undefined;
}

/** The name of a recording in a message. */
export function nameOf({ folder, file }: Recording): string {
  return `${folder}/${file}`;
}

/** Replays each, by the built bundle or by other code. */
export async function replayAll(
  recordings: readonly Recording[],
  workflowBundle: { readonly codePath: string } | { readonly code: string } = { codePath },
): Promise<Outcome[]> {
  if (!isInstalled) {
    Runtime.install({
      logger: new DefaultLogger('ERROR', () => undefined),
      telemetryOptions: { logging: { filter: 'off' } },
    });
    isInstalled = true;
  }
  // The id of a run tells its recording, and a replay looks at it only where the code does.
  const histories = recordings.map((recording, index) => ({
    workflowId: String(index),
    history: historyFromJSON(recording.history),
  }));
  const outcomes: Outcome[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories(
    { workflowBundle },
    histories,
  )) {
    const recording = recordings[Number(workflowId)];
    if (recording) outcomes.push({ recording, error });
  }
  return outcomes;
}
