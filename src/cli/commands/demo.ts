/** `runbook demo`: backup, disaster and restore in the lab, without AWS. */
import { setTimeout as sleep } from 'node:timers/promises';
import { reportMarkdown } from '../../contract/report-markdown';
import { stopEveryChild } from '../children';
import { commandRow, type Call } from '../command-row';
import { openNarrator } from '../demo/narrator';
import { Cleanup, setStage, type Stage } from '../demo/stage';
import { readEnd, tellStory, type Telling } from '../demo/story';
import { CliError, exitStatus, type ExitStatus } from '../exit-status';
import { uninterrupted, untilInterrupted } from '../interrupt';

interface DemoOptions {
  readonly keep?: boolean;
  readonly interactive?: boolean;
}

export const demo = commandRow<DemoOptions>({
  usage: 'demo',
  summary: 'show a backup, a lost machine and a restore, in the lab, without AWS',
  options: [
    ['--keep', 'leave everything running until Ctrl-C, to look around in the UI'],
    ['--interactive', 'you answer the gates at the prompt'],
  ],
  example: 'runbook demo\nrunbook demo --interactive --keep',
  run: async ({ options, out }) => {
    if (options.interactive === true && !out.interactive) {
      throw new CliError('WrongUsage', '--interactive needs a terminal, and no --json');
    }
    const ended = new AbortController();
    const cleanup = new Cleanup(ended.signal);
    const play = perform({ options, out }, cleanup);
    // Once its stage is taken down, an interrupted story fails; nobody waits for it then.
    play.catch(() => undefined);
    try {
      if ((await untilInterrupted(play)) === 'interrupted') {
        out.line('Interrupted; ending what was started …');
        return exitStatus.failed;
      }
      if (options.keep === true) await untilInterrupted(new Promise(() => undefined));
      return await play;
    } finally {
      ended.abort();
      await uninterrupted(async () => {
        // A call that is under way should not lose its server.
        await settled(play, 4000);
        await cleanup.run();
        // What was being started when Ctrl-C came is on no list yet.
        await stopEveryChild();
        await settled(play, 2000);
        await cleanup.run();
      });
    }
  },
});

/** Waits for its end, whichever it is, but not for longer than that. */
async function settled(play: Promise<unknown>, milliseconds: number): Promise<void> {
  const patience = new AbortController();
  const tooLong = sleep(milliseconds, undefined, { signal: patience.signal });
  await Promise.race([play.catch(() => undefined), tooLong]);
  patience.abort();
  await tooLong.catch(() => undefined);
}

type Performance = Omit<Call<DemoOptions>, 'args'>;

async function perform(performance: Performance, cleanup: Cleanup): Promise<ExitStatus> {
  const startedAt = Date.now();
  const { options, out } = performance;
  const tell = openNarrator(out);
  tell.chapter('The stage');
  const stage = await setStage(tell, cleanup);
  const interactive = options.interactive === true;
  const telling = { stage, tell, out, interactive, signal: cleanup.interrupted };
  try {
    return await performOn(telling, { keep: options.keep === true, startedAt });
  } finally {
    await stage.temporal.connection.close();
  }
}

async function performOn(
  telling: Telling,
  { keep, startedAt }: { readonly keep: boolean; readonly startedAt: number },
): Promise<ExitStatus> {
  const { stage, tell, out } = telling;
  const { restored, status } = await tellStory(telling);
  const end = await readEnd(stage, restored);

  tell.chapter('The report');
  if (end.report) tell.line(reportMarkdown(end.report));
  const page = runPage(stage, restored.workflowId);
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  out.result(`Timeline in Temporal's UI: ${page}\nThe demo took ${String(seconds)} seconds.`, {
    workflowId: restored.workflowId,
    ui: page,
    seconds,
    standing: end,
  });
  if (keep) {
    tell.chapter('Look around');
    tell.line('Everything runs until Ctrl-C. For another terminal:');
    for (const [name, value] of Object.entries(stage.exports)) tell.show(`export ${name}=${value}`);
  } else {
    tell.line(
      'All of it ends with the demo; `runbook demo --keep` leaves it running to click around.',
    );
  }
  return status;
}

function runPage({ uiUrl }: Stage, workflowId: string): string {
  return `${uiUrl}/namespaces/default/workflows/${workflowId}`;
}
