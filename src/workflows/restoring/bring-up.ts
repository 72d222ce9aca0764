/**
 * The app is brought up on the addresses that the machine has at the end, too: one that was started
 * anew meanwhile has another public address than instruction 4 wrote.
 */
import type { Machine, OldAddresses } from '../../contract/plan';
import { differences } from '../launching/live-machine';
import { bringUpOnNewAddresses, type Reached, type Ways } from './on-new-addresses';
import type { Run } from '../frame/runbook';

/** A machine whose addresses can be read again, and replaced once more. */
export interface LiveReached extends Reached {
  readonly look: () => Promise<Machine>;
  old: OldAddresses;
  isReadied: boolean;
}

/** Instructions 2 to 6; once more, when a person says so, if the addresses have changed meanwhile. */
export async function bringUpWhereItStays(run: Run, at: LiveReached, ways: Ways): Promise<void> {
  for (;;) {
    const written = await bringUpOnNewAddresses(run, at, ways);
    const changes = differences(written, await at.look());
    if (changes.length === 0) return;
    await run.askAboutFailure('Verify the app', changedMeanwhile(written, changes), false);
    const { privateAddress, publicAddress } = written;
    at.old = { private: privateAddress, ...(publicAddress ? { public: publicAddress } : {}) };
    at.isReadied = false;
  }
}

function changedMeanwhile({ instanceId }: Machine, changes: readonly string[]) {
  const message =
    `${instanceId} was started anew after its addresses were written: ${changes.join(' ')} ` +
    'Retry does instructions 2 to 6 again, on the addresses that it has now; the app is stopped for that.';
  return { type: 'AddressChanged', message, attempts: 1, errors: [] } as const;
}
