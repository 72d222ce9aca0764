/** Brings Docker up before anything that needs it: Replicated's units are containers themselves. */
import { refuse } from '../../../contract/failures';
import type { Machine } from '../../../contract/plan';
import { lookAtContainers, parseLook } from '../../../machine/docker/docker-look';
import { saidLast } from '../../../machine/text/said';
import { startDocker } from '../../../machine/stale/docker';
import type { CommandResult } from '../../../world/ssh';
import type { Remote } from '../../frame/on-machine';
import { until } from '../../frame/until';

interface Limits {
  readonly replicated: number;
  readonly poll: number;
}

/** Starts Docker that does not answer, and waits for it. */
export async function bringDockerUp(
  remote: Remote,
  machine: Machine,
  limits: Limits,
): Promise<void> {
  await awaitDocker(remote, machine, { ...limits, restarted: await remote.run(startDocker) });
}

/** Waits until Docker answers after the command that was to bring it up. */
export async function awaitDocker(
  remote: Remote,
  { instanceId }: Machine,
  { replicated, poll, restarted }: Limits & { readonly restarted: CommandResult },
): Promise<void> {
  // A start that has failed does not come true by waiting; one that was only slow does.
  const limitSeconds = restarted.exitCode === 0 ? replicated : Math.min(replicated, 10);
  let said = '';
  const answers = await until({ limitSeconds, pollSeconds: poll }, async () => {
    const { silence } = parseLook(await remote.read(lookAtContainers));
    said = silence ?? '';
    return silence === undefined ? true : undefined;
  });
  if (answers) return;
  const start = saidLast(`${restarted.stderr} ${restarted.stdout}`, 300);
  throw refuse(
    'DockerNotReady',
    `Docker on ${instanceId} does not answer ${String(limitSeconds)} s after it was started. Look at ` +
      '`journalctl -u docker` there, mend its configuration (what this run has changed is kept under ' +
      `/var/lib/circleci-server-runbook), then retry. It said: ${said}${start === '' ? '' : `; ${start}`}`,
  );
}
