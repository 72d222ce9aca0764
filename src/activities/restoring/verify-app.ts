/**
 * Verifies the restored app: the ready-agent, each service's health endpoint, the Management
 * Console and Nomad, as the operations guide of CircleCI Server 2.x lists them; and its data: the
 * databases hold what they held at the backup, and each volume bears the backup's mark.
 *
 * Looks at: HTTP ports of the machine, Nomad's own commands, the databases' clients in their
 * containers (reading only), the marks. Changes: nothing.
 * Safe to repeat because: it only reads. Fails with: AppNotHealthy.
 */
import { refuse } from '../../contract/failures';
import type { HealthCheck } from '../../contract/reports';
import {
  healthUrls,
  probe,
  readNomadClients,
  readNomadServers,
} from '../../machine/shell/commands';
import { hasLeader, readNomadClients as clientsIn } from '../../machine/app/nomad';
import { saidShortly } from '../../machine/text/said';
import type { World } from '../../world';
import type { CommandResult } from '../../world/ssh';
import { lookingAtApp } from '../parts/app/app';
import type { Outcome, Say } from '../frame/attempt';
import { onMachine, type Remote } from '../frame/on-machine';
import { isSettled, pointInTime, proveData, type DataExpected } from '../parts/machine/prove-data';
import { until } from '../frame/until';
import { isReady } from '../../machine/app/app-status';

export interface Verified extends Outcome {
  readonly checks: readonly HealthCheck[];
  /** Names of the Nomad clients that have joined. */
  readonly clients: readonly string[];
  /** What could not be proven, for the report. */
  readonly notes: readonly string[];
}

export const verifyApp =
  (world: World) =>
  (expected: DataExpected, say: Say): Promise<Verified> =>
    onMachine(world, expected.machine, async (remote) => {
      const { machine } = expected;
      const { verify: limitSeconds, poll: pollSeconds } = world.installation(
        machine.installation,
      ).limits;
      let checks: HealthCheck[] = [];
      let notes: readonly string[] = [];
      // The app says it is started a little before its last service answers.
      await until({ limitSeconds, pollSeconds }, async () => {
        checks = await look(remote);
        say(`${String(checks.filter(({ ok }) => ok).length)} of ${String(checks.length)} healthy`);
        if (checks.some(({ ok }) => !ok)) return undefined;
        const data = await proveData(remote, expected);
        checks = [...checks, ...data.checks];
        ({ notes } = data);
        return isSettled(data) ? true : undefined;
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
      const nodes = await remote.run(readNomadClients);
      const joined = clientsIn(nodes.stdout);
      // None that joined, and none that can be read, are different.
      if (joined === undefined || nodes.exitCode !== 0) {
        const said = saidShortly(`${nodes.stderr} ${nodes.stdout}`);
        notes = [...notes, `Which Nomad clients have joined could not be read: ${said}`];
      }
      const clients = (joined ?? [])
        .filter(({ status }) => status === 'ready')
        .map(({ name }) => name);
      const note = `${String(checks.length)} checks passed, ${String(clients.length)} Nomad clients`;
      const moment = checks.find(({ name }) => name === pointInTime)?.seen;
      const came = moment === undefined ? '' : `; what came back is of ${moment}`;
      return { note: `${note}${came}`, checks, clients, notes };
    });

/** One look, sent as one: behind a slow sudo twelve would take minutes. */
async function look(remote: Remote): Promise<HealthCheck[]> {
  const app = await lookingAtApp(remote);
  const services = Object.entries(healthUrls);
  const [said, listed, servers, ...answers] = await remote.runAll([
    ...app.commands,
    readNomadServers,
    ...services.map(([, url]) => probe(url)),
  ]);
  const { status, seen } = app.read([said, listed]);
  const checks: HealthCheck[] = [{ name: 'app', ok: isReady(status), seen }];
  for (const [index, [name]] of services.entries()) {
    const code = answers[index]?.stdout.trim() ?? '';
    checks.push({ name, ok: /^[23]\d\d$/.test(code), seen: `HTTP ${code}` });
  }
  return [...checks, nomadCheck(servers)];
}

function nomadCheck({ stdout, stderr }: CommandResult): HealthCheck {
  const ok = hasLeader(stdout);
  return { name: 'Nomad', ok, seen: ok ? 'has a leader' : saidShortly(stderr || stdout) };
}
