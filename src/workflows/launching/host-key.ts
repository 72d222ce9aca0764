/** The host key of a new machine: what it shows, and who takes it for the machine's own. */
import type { Trust } from '../../activities/launching/trust-host-key';
import { prose } from '../../contract/markdown';
import * as acts from '../frame/acts';
import { FactGates, untilSeen } from '../frame/fact-gates';
import type { LiveMachine } from './live-machine';
import { toTrust } from '../questions/questions';
import type { Run } from '../frame/runbook';
import { perform } from '../frame/perform';

/** How a runbook asks about the key. */
interface Ways {
  readonly step: Run['step'];
  readonly recorded: readonly string[];
  /** What is refused instead of being asked. */
  readonly check?: (trust: Trust) => void;
}

/**
 * Looks at the key and has it confirmed; from then on the machine is known by it. A machine that was
 * started anew while the question waited may have another address, or show another key.
 */
export async function confirmHostKey(run: Run, live: LiveMachine, ways: Ways): Promise<void> {
  const { step, recorded, check } = ways;
  const input = () => ({ machine: live.now, recorded });
  const first = await step('Look at the host key', acts.trustHostKey, input);
  check?.(first);
  const lookAgain = async (): Promise<Trust> => {
    await live.read();
    const how = run.how('Which host key does it show now?');
    return untilSeen(run, 'Look at the host key again', () =>
      perform(acts.trustHostKey, input(), how),
    );
  };
  const gate = {
    title: 'Confirm the host key',
    about: (trust: Trust) => toTrust(trust, live.now.instanceId),
    differs: (approved: Trust, now: Trust) =>
      approved.offered === now.offered
        ? []
        : [
            prose`It shows **${now.offered}** now, and showed ${approved.offered} when this was asked.`,
          ],
  };
  const { offered } = await new FactGates<Trust>(run, [gate], lookAgain).stand(first);
  live.trust(offered);
}
