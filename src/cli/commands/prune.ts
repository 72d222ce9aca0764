/** `runbook prune`: removes the backups that no rule of `keep` keeps. */
import { commandRow } from '../command-row';
import type { LaunchOptions } from '../launch-run';
import { launchOptions, launchRun } from '../launch-run';
import { requestPrune } from '../request';

export const prune = commandRow<LaunchOptions & { readonly dryRun?: boolean }>({
  usage: 'prune <installation>',
  summary: 'remove the backups that no rule in runbook.yaml keeps',
  options: [['--dry-run', 'say which and why, and remove nothing'], ...launchOptions],
  example: 'runbook prune prod --dry-run',
  run: ({ args, options, out }) =>
    launchRun(requestPrune(args[0] ?? '', options), { args, options, out }),
});
