/** `runbook restore`: launches a machine from an image and makes it the Services machine. */
import { commandRow } from '../command-row';
import type { LaunchOptions } from '../launch-run';
import { launchOptions, launchRun } from '../launch-run';
import type { RestoreOptions } from '../request';
import { requestRestore } from '../request';

export const restore = commandRow<LaunchOptions & RestoreOptions>({
  usage: 'restore <installation>',
  summary: 'launch a machine from an image and make it the Services machine',
  options: [
    ['--image <ami>', 'this image instead of the newest usable backup'],
    ['--from <what>', 'spare: take the spare machine over instead of launching one'],
    ['--region <name>', 'another region that has copies of the backups'],
    ['--instance <id>', 'take up a machine that an earlier restore left unfinished'],
    ['--replaces <private[,public]>', 'the addresses that the image carries'],
    ['--build <url...>', 'stuck build records to delete at the end'],
    [
      '--acknowledge <what...>',
      'known beforehand: source-running (the machine that is replaced), external-services',
    ],
    ...launchOptions,
  ],
  example: [
    'runbook restore prod',
    'runbook restore prod --region us-west-2',
    'runbook restore prod --image ami-0123456789abcdef0 --replaces 10.0.1.5,203.0.113.10',
  ].join('\n'),
  run: async (call) => await launchRun(requestRestore(call.args[0] ?? '', call.options), call),
});
