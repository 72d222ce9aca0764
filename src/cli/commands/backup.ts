/** `runbook backup`: makes an image of the Services machine. */
import { commandRow } from '../command-row';
import type { LaunchOptions } from '../launch-run';
import { launchOptions, launchRun } from '../launch-run';
import { requestBackup } from '../request';

export const backup = commandRow<LaunchOptions & { readonly consistency?: string }>({
  usage: 'backup <installation>',
  summary: 'make an image of the Services machine',
  options: [['--consistency <how>', 'no-reboot (default), reboot, or stop-app'], ...launchOptions],
  example: 'runbook backup prod\nrunbook backup prod --consistency stop-app --unattended',
  run: async (call) => await launchRun(requestBackup(call.args[0] ?? '', call.options), call),
});
