/** What it means that a machine's fence did not let a command run. */
import type { ApplicationFailure } from '@temporalio/common';
import { refuse, tryAgain } from '../../contract/failures';
import type { FenceWord, Token } from '../../machine/shell/fence';
import type { AtFence } from '../../machine/shell/quoting';
import { printable } from '../../contract/printable';
import { nameOf, type Hop } from './failures';

/** The command that was kept out. */
interface KeptOut {
  readonly at: AtFence;
  readonly what: string;
}

/** The failure: nothing of the command has run. */
export function fenceRefused(hop: Hop, { at, what }: KeptOut, word: FenceWord): ApplicationFailure {
  const where = `the ${nameOf(hop)}`;
  switch (word.kind) {
    case 'superseded':
      return superseded(at.fence.token, word.seen, `"${what}" was not run on ${where}`);
    case 'busy':
      return tryAgain(
        'MachineBusy',
        `"${what}" was not run: an earlier command still works on ${where}` +
          `${word.by === '' ? '' : `, of ${printable(word.by)}`}. It is waited for. If it never ends, ` +
          'look there with `ps -ef`, end it, then retry.',
      );
    case 'unkept':
      return tryAgain(
        'FenceNotKept',
        `"${what}" was not run: ${where} could not write to ` +
          `/var/lib/circleci-server-runbook/${at.fence.instanceId}, so it could not tell a late ` +
          'command from a new one. Look there at `df -h /var/lib`, `df -i /var/lib` and whether it ' +
          'is mounted read-only, mend it, then retry.',
      );
  }
}

/**
 * Somebody has been there since. Within one run an attempt may only seem to be older, by the clocks
 * of two servers, so that one is tried again; an attempt that is late in truth is heard by nobody,
 * whatever it says.
 */
function superseded(own: Token, seen: Token, what: string): ApplicationFailure {
  const since = new Date(seen.time).toISOString();
  const by = own.run === seen.run ? 'this run itself' : `run ${seen.run}`;
  const message =
    `${what}: ${by} has worked on that machine since (${since}), or this run has ended. What comes ` +
    'late changes nothing. Look at the newer run; start a new one if there is none.';
  const isSkew = own.epoch === seen.epoch && own.time < seen.time;
  return isSkew ? tryAgain('Superseded', message) : refuse('Superseded', message);
}
