/** The containers of a Services machine, as the app's state lets them run. */
import type { Transition } from './state';

/** Containers of the app; the random ones have a fixed name here. */
export const appContainers: readonly string[] = [
  'frontend',
  'dispatcher',
  'legacy-notifier',
  'api-service',
  'workflows-conductor',
  'permissions-service',
  'cron-service',
  'federations-service',
  'contexts-service',
  'domain-service',
  'audit-log-service',
  'picard-dispatcher',
  'picard-scheduler',
  'picard-output-processor',
  'vm-service',
  'vm-scaler',
  'vm-gc',
  'test-results',
  'slanger',
  'slanger-redis',
  'mongo',
  'postgres',
  'redis',
  'rabbitmq',
  'vault-cci',
  'nomad-metrics',
  'telegraf',
  'exim',
  'ready-agent',
  'usage-stats',
  'shutdown-hook-poller',
  'logrotate',
  'nomad',
];

/** Containers that come and go with the daemon's unit. */
export const daemonContainers: readonly string[] = [
  'replicated-premkit',
  'replicated-statsd',
  'retraced-api',
  'retraced-processor',
  'retraced-cron',
  'retraced-nsqd',
  'retraced-postgres',
];

/** Containers of the app that bear a name by chance on a real machine, and none of the app's. */
const byChance: Readonly<Record<string, string>> = {
  'shutdown-hook-poller': 'boring_wozniak',
  logrotate: 'quirky_noether',
};

/** The name that `docker ps` shows. */
export function shownName(name: string): string {
  return byChance[name] ?? name;
}

/** Which of the app's containers run while it starts or stops; their order is the seed's. */
export function containersDuring(transition: Transition, now: number, seed: string): string[] {
  const elapsed = (now - transition.began) / 1000;
  if (transition.kind === 'waiting') {
    return [];
  }
  return appContainers.filter((name) => {
    const at = moment(name, seed) * transition.seconds;
    if (transition.kind === 'start') {
      return elapsed >= Math.min(at, transition.seconds * 0.9);
    }
    // Nomad's container holds on longest: it waits for its own graceful end.
    const leaves = name === 'nomad' ? transition.seconds : at * 0.9;
    return elapsed < leaves || (transition.hangs && (name === 'nomad' || name === 'mongo'));
  });
}

/** A number between 0.05 and 0.95 that depends on name and seed only. */
function moment(name: string, seed: string): number {
  let hash = 2166136261;
  for (const character of seed + name) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 16777619);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 2246822507);
  return 0.05 + (0.9 * ((hash ^ (hash >>> 13)) >>> 0)) / 2 ** 32;
}
