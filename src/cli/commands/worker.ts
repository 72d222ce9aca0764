/** `runbook worker`: the process that carries the runbooks out. */
import { commandRow } from '../command-row';
import { runInForeground } from '../foreground';

export const worker = commandRow({
  usage: 'worker',
  summary: 'run the worker that carries the runbooks out, until Ctrl-C',
  example: 'RUNBOOK_CONFIG=/etc/circleci-runbook/runbook.yaml runbook worker',
  run: async () => await runInForeground('worker.js', []),
});
