/** One round of telling: the receivers in their order, until one takes the message. */
import type { Message } from '../../../contract/telling/telling';
import type { Outcome, Say } from '../../frame/attempt';
import type { Heard, Missed } from '../../../contract/telling/told';
import type { World } from '../../../world';

export interface TellInput {
  readonly message: Message;
  /** Receivers that have taken this very message. */
  readonly heard: readonly string[];
}

export interface Round extends Outcome {
  /** Those that took it in this round. */
  readonly heard: readonly Heard[];
  readonly missed: readonly Missed[];
  /** Nobody else has to take it. */
  readonly isEnough: boolean;
  /** Whether anybody is configured. */
  readonly hasReceivers: boolean;
}

function noteOf({ heard, missed, hasReceivers }: Pick<Round, 'heard' | 'missed' | 'hasReceivers'>) {
  if (!hasReceivers) return 'nobody was told: runbook.yaml names no receiver (notify)';
  const reasons = missed.map(({ receiver, why }) => `${receiver}: ${why}`).join('; ');
  const names = heard.map(({ receiver }) => receiver).join(', ');
  if (heard.length === 0) return `nobody took the message: ${reasons}`;
  return reasons === '' ? `told ${names}` : `told ${names}; ${reasons}`;
}

/** One round over the receivers; never throws. */
export async function tellOnce(
  { receivers }: Pick<World, 'receivers'>,
  { message, heard: before }: TellInput,
  say: Say = () => undefined,
): Promise<Round> {
  const heard: Heard[] = [];
  const missed: Missed[] = [];
  const isToAll = receivers.order === 'all';
  const tell = async (receiver: (typeof receivers.all)[number]): Promise<boolean> => {
    const { name } = receiver;
    say(`telling ${name}`);
    const taking = await receiver.take(message);
    if (!taking.isTaken) missed.push({ receiver: name, why: taking.why });
    else {
      heard.push({ receiver: name, at: new Date().toISOString(), times: 1 });
      if (taking.note !== undefined) missed.push({ receiver: name, why: taking.note });
    }
    return taking.isTaken;
  };
  const open = receivers.all.filter(({ name }) => !before.includes(name));
  if (isToAll) await Promise.all(open.map(tell));
  else for (const one of open) if (await tell(one)) break;
  const hasReceivers = receivers.all.length > 0;
  const isEnough =
    !hasReceivers || (isToAll ? heard.length === open.length : heard.length + before.length > 0);
  return { note: noteOf({ heard, missed, hasReceivers }), heard, missed, isEnough, hasReceivers };
}
