/**
 * Puts the new addresses into the files that a person has approved, and restarts Docker where that
 * is safe: it reads its configuration only when it starts, and must be right before the units are.
 *
 * Looks at: the files, which must be what was shown; containers; Docker. Changes: the files, each in
 * one rename, the originals kept; a mark while Docker must be restarted; Docker, only while no
 * container of the app runs. Safe to repeat because: a file without an old address is left alone,
 * and the mark outlives an attempt that was cut off. A file that changed meanwhile is left alone and
 * given back, to be shown again. Fails with: DockerNotReady, CommandFailed, FileChangedMeanwhile.
 */
import type { Machine } from '../../contract/plan';
import { isStopped } from '../../machine/app/app-status';
import { rewriteAddresses } from '../../machine/addresses/addresses';
import { lookAtContainers, parseLook } from '../../machine/docker/docker-look';
import { isDockers } from '../../machine/stale/classify';
import {
  forgetDockerDue,
  markDockerDue,
  readDockerDue,
  reloadUnits,
  restartDocker,
} from '../../machine/stale/docker';
import type { World } from '../../world';
import { readAddressFile, replacementsOf } from '../parts/machine/address-file';
import { lookAtApp } from '../parts/app/app';
import type { Outcome } from '../frame/attempt';
import { awaitDocker } from '../parts/app/bring-docker-up';
import type { Mendable, StaleInput } from './find-stale-addresses';
import { onMachine, type Remote } from '../frame/on-machine';
import { readSounds } from '../parts/app/quarantine';
import { until } from '../frame/until';
import { writeFile } from '../parts/machine/write-file';

export interface MendInput extends StaleInput {
  /** As they were shown to the person who approved. */
  readonly files: readonly Pick<Mendable, 'path' | 'sha256'>[];
}

export interface Mended extends Outcome {
  /** Files that were mended, now or by an earlier attempt. */
  readonly mended: readonly string[];
  /** Files that are not what was approved any more. */
  readonly changed: readonly string[];
  /** What is left for a person; a line each. */
  readonly left: readonly string[];
}

export const mendStaleAddresses =
  (world: World) =>
  ({ machine, old, files }: MendInput): Promise<Mended> =>
    onMachine(world, machine, async (remote) => {
      const { limits } = world.installation(machine.installation, machine.region);
      const mended: string[] = [];
      const changed: string[] = [];
      let wrote = false;
      for (const { path, sha256 } of files) {
        const file = await readAddressFile(remote, path);
        const rewrite = file && rewriteAddresses(file.content, replacementsOf(machine, old));
        if (file !== undefined && rewrite !== undefined && rewrite.replaced > 0) {
          if (file.sha256 !== sha256) {
            changed.push(path);
            continue;
          }
          // Before the write: an attempt that is cut off after it would not know.
          if (isDockers(path)) await remote.read(markDockerDue(machine.instanceId));
          wrote = (await writeFile(remote, { machine, file, content: rewrite.content })) || wrote;
        }
        mended.push(path);
      }
      if (mended.some((path) => path.includes('/systemd/'))) await remote.read(reloadUnits);
      const docker = await bringDockerUp(remote, machine, limits);
      const left = [
        ...docker.left,
        ...mended
          .filter((path) => !isDockers(path))
          .map(toReload)
          .filter(isTold),
      ];
      const note = [
        mended.length > 0 ? `mended ${mended.join(', ')}` : 'nothing was mended',
        docker.note,
        changed.length > 0 ? `changed meanwhile, so shown again: ${changed.join(', ')}` : '',
      ];
      return {
        note: note.filter((part) => part !== '').join('; '),
        notNeeded: !wrote && docker.note === '' && changed.length === 0,
        mended,
        changed,
        left,
      };
    });

interface DockerState {
  readonly note: string;
  readonly left: readonly string[];
}

async function bringDockerUp(
  remote: Remote,
  machine: Machine,
  limits: { readonly replicated: number; readonly poll: number },
): Promise<DockerState> {
  if ((await remote.read(readDockerDue(machine.instanceId))) !== 'due') {
    return { note: '', left: [] };
  }
  const waiting = { limitSeconds: limits.replicated, pollSeconds: limits.poll };
  const isSafe = await until(waiting, () => isSafeToRestart(remote, machine));
  if (isSafe !== true) {
    return {
      note: 'Docker was not restarted, because the app is not stopped',
      left: [
        `Docker on ${machine.instanceId} still runs with the old address. Its restart stops every ` +
          'container: stop the app, `sudo systemctl restart docker` (without systemd ' +
          '`sudo service docker restart`), start the app.',
      ],
    };
  }
  const restarted = await remote.run(restartDocker);
  await awaitDocker(remote, machine, { ...limits, restarted });
  // Only now: a retry after a Docker that did not come back must ask for it again.
  await remote.read(forgetDockerDue(machine.instanceId));
  return { note: 'Docker was restarted', left: [] };
}

/**
 * Docker may go while it has nothing of the app to hold: that is stopped, or never started. Undefined
 * while Replicated, which alone knows, has no answer: an attempt that was cut off may have restarted it.
 */
async function isSafeToRestart(remote: Remote, machine: Machine): Promise<boolean | undefined> {
  // Docker that does not run holds nothing, unless it has left something behind.
  const { silence, leftBehind } = parseLook(await remote.read(lookAtContainers));
  if (silence !== undefined) return leftBehind.length === 0;
  const { status, containers } = await lookAtApp(remote);
  if (containers.length > 0) return false;
  if (isStopped(status) || (await readSounds(remote, machine)).seal === 'sealed') return true;
  return status.kind === 'silent' ? undefined : false;
}

const reloads: readonly (readonly [RegExp, string])[] = [
  [/syslog-ng/, 'syslog-ng'],
  [/rsyslog/, 'rsyslog'],
  [/td-agent|fluent/, 'td-agent'],
  [/filebeat/, 'filebeat'],
  [/awslogs/, 'awslogs'],
  [/datadog|dd-agent/, 'datadog-agent'],
  [/collectd/, 'collectd'],
  [/cloudwatch/, 'amazon-cloudwatch-agent'],
  [/nginx/, 'nginx'],
  [/haproxy/, 'haproxy'],
  [/squid/, 'squid'],
  [/dnsmasq/, 'dnsmasq'],
  [/\/zabbix/, 'zabbix-agent'],
  [/^\/etc\/(iptables|sysconfig\/ip6?tables)/, 'iptables'],
];

/** How a program takes over what was mended; cron and the hosts file are read each time. */
function toReload(path: string): string | undefined {
  if (path.includes('/circleconfig/telegraf/')) {
    return `After 6, for ${path}: \`sudo docker restart telegraf\``;
  }
  if (/^\/etc\/(cron|hosts$|circleconfig|circle-)|^\/var\/spool\/cron|^\/etc\/rc/.test(path)) {
    return undefined;
  }
  const service = reloads.find(([pattern]) => pattern.test(path))?.[1];
  return service === undefined
    ? `Restart what reads ${path}; it was mended`
    : `For ${path}: \`sudo service ${service} restart\``;
}

function isTold(line: string | undefined): line is string {
  return line !== undefined;
}
