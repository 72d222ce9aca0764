/** `runbook refresh-spare`: a new spare machine from the newest backup. */
import { commandRow } from '../command-row';
import type { LaunchOptions } from '../launch-run';
import { launchOptions, launchRun } from '../launch-run';
import { requestRefreshSpare } from '../request';

export const refreshSpare = commandRow<LaunchOptions>({
  usage: 'refresh-spare <installation>',
  summary: 'make a new spare machine from the newest backup, in quarantine',
  options: launchOptions,
  example: 'runbook refresh-spare prod',
  run: (call) => launchRun(requestRefreshSpare(call.args[0] ?? '', call.options), call),
});
