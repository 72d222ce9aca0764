/**
 * Verifies the restored app: the ready-agent, each service's health endpoint, the Management
 * Console and Nomad, as the operations guide of CircleCI Server 2.x lists them.
 *
 * Looks at: HTTP ports of the machine and Nomad's own commands. Changes: nothing.
 * Safe to repeat because: it only reads. Fails with: AppNotHealthy.
 */
import { refuse } from '../contract/failures';
import type { Machine } from '../contract/plan';
import type { HealthCheck } from '../contract/reports';
import { healthUrls, probe, readNomadClients, readNomadServers } from '../machine/commands';
import { hasLeader, parseNomadClients } from '../machine/nomad';
import { redact } from '../machine/redact';
import type { World } from '../world';
import { lookAtApp } from './app';
import type { Outcome, Say } from './attempt';
import { onMachine, type Remote } from './on-machine';
import { until } from './until';
import { isReady } from '../machine/app-status';

export interface Verified extends Outcome {
  readonly checks: readonly HealthCheck[];
  /** Names of the Nomad clients that have joined. */
  readonly clients: readonly string[];
}

export const verifyApp =
  (world: World) =>
  ({ machine }: { readonly machine: Machine }, say: Say): Promise<Verified> =>
    onMachine(world, machine, async (remote) => {
      const { verify: limitSeconds, poll: pollSeconds } = world.installation(
        machine.installation,
      ).limits;
      let checks: HealthCheck[] = [];
      // The app says it is started a little before its last service answers.
      await until({ limitSeconds, pollSeconds }, async () => {
        checks = await look(remote);
        say(`${String(checks.filter(({ ok }) => ok).length)} of ${String(checks.length)} healthy`);
        return checks.every(({ ok }) => ok) ? true : undefined;
      });
      const ill = checks.filter(({ ok }) => !ok);
      if (ill.length > 0) {
        throw refuse(
          'AppNotHealthy',
          `On ${machine.instanceId}: ${ill.map(({ name, seen }) => `${name} says ${seen}`).join('; ')}. ` +
            'Look at `docker logs` of each, then retry.',
          { checks },
        );
      }
      const clients = parseNomadClients((await remote.run(readNomadClients)).stdout)
        .filter(({ status }) => status === 'ready')
        .map(({ name }) => name);
      const note = `${String(checks.length)} checks passed, ${String(clients.length)} Nomad clients`;
      return { note, checks, clients };
    });

async function look(remote: Remote): Promise<HealthCheck[]> {
  const app = await lookAtApp(remote);
  const checks: HealthCheck[] = [{ name: 'app', ok: isReady(app.status), seen: app.seen }];
  for (const [name, url] of Object.entries(healthUrls)) {
    const code = (await remote.run(probe(url))).stdout.trim();
    checks.push({ name, ok: /^[23]\d\d$/.test(code), seen: `HTTP ${code}` });
  }
  const servers = await remote.run(readNomadServers);
  const leader = hasLeader(servers.stdout);
  const seen = leader
    ? 'has a leader'
    : redact(servers.stderr || servers.stdout)
        .trim()
        .slice(0, 200);
  checks.push({ name: 'Nomad', ok: leader, seen });
  return checks;
}
