/**
 * `runbook watch`: tells people what no run can tell, because Temporal, the worker or the run itself
 * is stuck. Once for cron and monitoring, or for ever; outside of Temporal.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../config';
import type { WatchMessage } from '../../contract/telling/telling';
import { parseAppStoppedTag } from '../../machine/app/app-stopped-tag';
import { tagNames } from '../../machine/backups/tags';
import type { Receivers } from '../../world/notify/receiver';
import { commandRow } from '../command-row';
import { readConfig } from '../configured';
import { CliError, exitStatus, messageOf, type ExitStatus } from '../exit-status';
import type { Output } from '../output';
import { taskQueue } from '../temporal/connect';
import { lookAtTemporal, type Fact, type Seen } from '../watch/facts';
import { afterLook, readMemory, type Kept, type Memory } from '../watch/memory';
import { verdictsOf } from './check';

export const watch = commandRow<{ readonly every?: string; readonly state?: string }>({
  usage: 'watch',
  summary:
    'tell people of what no run can tell: Temporal, worker or run stuck, app stopped, backup late',
  options: [
    ['--every <duration>', 'look again and again, such as 1m; without it once'],
    ['--state <file>', 'what was told already (default: watch.json in the reports folder)'],
  ],
  example: [
    'runbook watch --json',
    'runbook watch --every 1m',
    '*/5 * * * * runbook watch   # status 0: nothing; 1: something is wrong; 4: Temporal is down',
  ].join('\n'),
  run: async ({ options, out }) => {
    const pause = options.every === undefined ? undefined : milliseconds(options.every);
    const config = await readConfig();
    const file = options.state ?? join(config.reports, 'watch.json');
    for (;;) {
      const status = await lookOnce(config, file, out);
      if (pause === undefined) return status;
      await sleep(pause);
    }
  },
});

function milliseconds(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6}) ?(s|m|h)[a-z]*$/.exec(text) ?? [];
  const factor = { s: 1000, m: 60_000, h: 3_600_000 }[unit];
  if (factor !== undefined && Number(count) > 0) return Number(count) * factor;
  throw new CliError('WrongUsage', `--every takes a duration such as 30s, 1m or 1h, not "${text}"`);
}

async function lookOnce(config: Config, file: string, out: Output): Promise<ExitStatus> {
  const { reminders } = config.notify;
  const patience = { gate: reminders.beforeEnd, paused: reminders.after };
  const looks = await Promise.all([
    lookAtTemporal(taskQueue(process.env), patience),
    lookAtBackups(config),
    lookAtApps(config),
  ]);
  const seen: Seen = {
    facts: looks.flatMap(({ facts }) => facts),
    unseen: looks.flatMap(({ unseen }) => unseen),
  };
  const now = new Date().toISOString();
  const { openReceivers } = await import('../../world/notify/open.js');
  const receivers = openReceivers(config.notify);
  const told = await tellAll(receivers, afterLook(await recall(file), seen, now), out);
  await remember(file, told.memory, out);
  const facts = told.memory.filter(({ over }) => over !== true);
  for (const { what, todo, since } of facts) out.line(`${what} (since ${since}). ${todo}`);
  for (const area of seen.unseen) out.line(`could not look at: ${area}`);
  const { unseen } = seen;
  out.result(facts.length === 0 ? 'Nothing is wrong.' : '', {
    lookedAt: now,
    facts,
    unseen,
    missed: told.missed,
  });
  if (facts.some(({ key }) => key === 'temporal')) return exitStatus.unreachable;
  return facts.length === 0 && unseen.length === 0 ? exitStatus.done : exitStatus.failed;
}

async function lookAtBackups({ installations }: Config): Promise<Seen> {
  const verdicts = await verdictsOf(Object.entries(installations));
  const facts = verdicts.flatMap(({ installation, freshness, findings }): Fact[] =>
    freshness === 'stale'
      ? [
          {
            key: `backup/${installation}`,
            area: `backups of ${installation}`,
            what: `${installation} has no backup that is new enough`,
            todo: findings
              .filter(({ level }) => level === 'FAIL')
              .map((one) => one.what)
              .join('; '),
          },
        ]
      : [],
  );
  const unseen = verdicts.filter(({ freshness }) => freshness === 'unknown');
  return { facts, unseen: unseen.map(({ installation }) => `backups of ${installation}`) };
}

/** Instances that say of themselves that a run has stopped their app: seen without Temporal. */
async function lookAtApps({ installations }: Config): Promise<Seen> {
  const { openEc2 } = await import('../../world/ec2/index.js');
  const each = Object.entries(installations).map(async ([name, { region, servicesMachine }]) => {
    const area = `app of ${name}`;
    try {
      const query =
        'instance' in servicesMachine
          ? { ids: [servicesMachine.instance] }
          : { tags: servicesMachine.tags };
      const instances = await openEc2({ region }).instances(query);
      return { facts: instances.flatMap((one) => stoppedFact(one, area)), unseen: [] };
    } catch {
      return { facts: [], unseen: [area] };
    }
  });
  const all = await Promise.all(each);
  return {
    facts: all.flatMap(({ facts }) => facts),
    unseen: all.flatMap(({ unseen }) => unseen),
  };
}

function stoppedFact(
  { id, tags }: { readonly id: string; readonly tags: Readonly<Record<string, string>> },
  area: string,
): Fact[] {
  const mark = parseAppStoppedTag(tags[tagNames.appStopped] ?? '');
  if (mark === undefined) return [];
  if (Date.now() - Date.parse(mark.since) < mark.budgetSeconds * 1000) return [];
  return [
    {
      key: `app/${id}/${mark.since}`,
      area,
      what: `The app on ${id} was stopped by ${mark.by} at ${mark.since}, and nobody says that it was started`,
      todo:
        'The machine itself starts it when its time is over: see on it whether it is up. If it is, ' +
        `and the run has ended, take the tag ${tagNames.appStopped} off the instance.`,
    },
  ];
}

interface Told {
  readonly memory: Memory;
  readonly missed: readonly string[];
}

async function tellAll(receivers: Receivers, memory: Memory, out: Output): Promise<Told> {
  const kept: Kept[] = [];
  const missed: string[] = [];
  for (const one of memory) {
    const heard = await tell(receivers, one, missed);
    const after = { ...one, heard };
    if (one.over !== true || !isEnough(receivers, heard)) kept.push(after);
  }
  for (const line of missed) out.line(`not taken by ${line}`);
  if (receivers.all.length === 0 && memory.length > 0) {
    out.line('nobody was told: runbook.yaml names no receiver (notify)');
  }
  return { memory: kept, missed };
}

async function tell(receivers: Receivers, one: Kept, missed: string[]): Promise<readonly string[]> {
  const heard = [...one.heard];
  const { order } = receivers;
  for (const receiver of receivers.all) {
    if (heard.includes(receiver.name)) continue;
    if (order === 'inOrder' && heard.length > 0) break;
    const taking = await receiver.take(messageOfFact(one));
    if (taking.isTaken) heard.push(receiver.name);
    else missed.push(`${receiver.name}: ${taking.why}`);
  }
  return heard;
}

function isEnough(receivers: Receivers, heard: readonly string[]): boolean {
  const { order, all } = receivers;
  if (all.length === 0) return true;
  return order === 'all' ? all.every(({ name }) => heard.includes(name)) : heard.length > 0;
}

function messageOfFact({ key, what, todo, since, over }: Kept): WatchMessage {
  const event = over === true ? 'over' : 'trouble';
  const hash = createHash('sha256').update(`${event} ${key} ${since}`).digest('hex');
  return { event, id: `watch-${hash.slice(0, 24)}`, fact: key, what, todo, since };
}

async function recall(file: string): Promise<Memory> {
  return readMemory(await readFile(file, 'utf8').catch(() => ''));
}

/** A full disk means that people hear of it again, not that they do not hear of it. */
async function remember(file: string, memory: Memory, out: Output): Promise<void> {
  try {
    const { writeWhole } = await import('../../world/files/whole-file.js');
    await mkdir(dirname(file), { recursive: true });
    await writeWhole(file, `${JSON.stringify(memory, undefined, 1)}\n`, 0o600);
  } catch (error) {
    out.line(`${file} could not be written: ${messageOf(error)}`);
  }
}
