/**
 * Tells people: of gates while they wait, and of the end of a run. One attempt is one round: the
 * receivers in their order until one takes the message, or all that have not taken it yet.
 *
 * Looks at: the receivers that runbook.yaml names. Changes: posts and sends one message.
 * Safe to repeat because: each try of a message bears the same id; it may arrive twice.
 * Fails with: NotTaken, which Temporal tries again for as long as what it says is true.
 */
import { tryAgain } from '../../contract/failures';
import type { World } from '../../world';
import type { Say } from '../frame/attempt';
import { tellOnce, type Round, type TellInput } from '../parts/people/tell-once';

export const tellPeople =
  (world: World) =>
  async (input: TellInput, say: Say): Promise<Round> => {
    const round = await tellOnce(world, input, say);
    // Each receiver that takes it is kept in the history: a later try leaves it out.
    if (round.isEnough || round.heard.length > 0) return round;
    throw tryAgain('NotTaken', round.note, { missed: round.missed });
  };
