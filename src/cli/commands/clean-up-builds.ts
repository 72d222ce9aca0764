/** `runbook clean-up-builds`: deletes records of builds that a restore left running for ever. */
import { commandRow } from '../command-row';
import type { LaunchOptions } from '../launch-run';
import { launchOptions, launchRun } from '../launch-run';
import { requestCleanUp } from '../request';

export const cleanUpBuilds = commandRow<LaunchOptions>({
  usage: 'clean-up-builds <installation> [url...]',
  summary: 'delete the records of builds that can never finish; without URLs, finds them',
  options: [...launchOptions],
  example: [
    'runbook clean-up-builds prod',
    'runbook clean-up-builds prod https://circleci.example.com/gh/acme/shop/41',
  ].join('\n'),
  run: async (call) => {
    const [installation = '', ...builds] = call.args;
    return await launchRun(requestCleanUp(installation, builds, call.options), call);
  },
});
