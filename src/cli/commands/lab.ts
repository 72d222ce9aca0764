/** `runbook lab`: a simulated AWS region with its Services machines, until Ctrl-C. */
import { join } from 'node:path';
import { commandRow } from '../command-row';
import { CliError, exitStatus } from '../exit-status';
import { uninterrupted, untilInterrupted } from '../interrupt';
import { startLab } from '../lab-process';
import { stateFolder } from '../package';

interface LabOptions {
  readonly dir?: string;
  readonly speed?: string;
  readonly shell?: string;
  readonly profile?: string;
}

export const lab = commandRow<LabOptions>({
  usage: 'lab',
  summary: 'run a simulated AWS region and its Services machines, until Ctrl-C',
  options: [
    ['--dir <folder>', "where its state is kept (default: in the user's state folder)"],
    ['--speed <n>', 'simulated seconds in one real second (default: 60)'],
    ['--shell <name>', 'portable (default) or real (Linux: sshd and bash in a sandbox)'],
    ['--profile <name>', 'debian (default), rhel, ubuntu1404, centos6, amazon1, amazon2 …'],
  ],
  example: "runbook lab --speed 60\n# then, in the worker's terminal, the printed `export` lines",
  run: async ({ options, out }) => {
    const dir = options.dir ?? join(stateFolder(process.env), 'lab');
    const { speed, shell, profile } = options;
    const running = await startLab({ dir, speed, shell, profile });
    out.result(
      [
        `The lab keeps its state in ${dir}. To point a worker at it:`,
        // A named profile would be taken before the lab's credentials.
        'unset AWS_PROFILE AWS_SESSION_TOKEN',
        ...Object.entries(running.env).map(([name, value]) => `export ${name}=${value}`),
        `Its control API: ${running.controlUrl}   Ctrl-C ends it; its state stays.`,
      ].join('\n'),
      { dir, controlUrl: running.controlUrl, env: running.env },
    );
    try {
      if ((await untilInterrupted(running.child.ended)) === 'ended') {
        throw new CliError('Failed', `The lab ended by itself:\n${running.child.tail()}`);
      }
    } finally {
      await uninterrupted(() => running.child.stop());
    }
    return exitStatus.done;
  },
});
