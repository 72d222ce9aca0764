/** `runbook drill`: a test restore of the newest backup. */
import { commandRow } from '../command-row';
import type { LaunchOptions } from '../launch-run';
import { launchOptions, launchRun } from '../launch-run';
import { requestDrill } from '../request';

export const drill = commandRow<LaunchOptions>({
  usage: 'drill <installation>',
  summary: 'restore the newest backup in quarantine, to prove it; its machine is gone afterwards',
  options: launchOptions,
  example: 'runbook drill prod',
  run: (call) => launchRun(requestDrill(call.args[0] ?? '', call.options), call),
});
