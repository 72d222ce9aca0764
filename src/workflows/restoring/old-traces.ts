/** What is told of the old addresses where the machine's files name the machine itself already. */
import type { AwaitedMachine } from '../../activities/launching/await-machine';
import { prose, sentences } from '../../contract/markdown';
import type { Machine, OldAddresses, RestorePlan } from '../../contract/plan';
import type { Approval } from '../frame/runbook';

type Told = Pick<AwaitedMachine, 'carries' | 'traced'>;

/** What the machine carries: where no plan knows and the files do not tell, by its other traces. */
export function carriedBy(plan: RestorePlan, { carries, traced }: Told): Partial<OldAddresses> {
  if (plan.replaces !== undefined || traced === undefined) return carries;
  return { ...carries, private: traced.address };
}

/** The question about the old addresses, with what told them. */
export function withTrace(plan: RestorePlan, { traced }: Told, question: Approval): Approval {
  if (plan.replaces !== undefined || traced === undefined) return question;
  const details = sentences(
    question.details,
    prose`The files name the machine itself, as a boot script may have written them; the old private
    address is told by ${traced.signs.join(', ')}.`,
  );
  return { ...question, details };
}

/** Where nothing on the machine tells the address of the one that it replaces. */
export function aboutUnknownOld(
  plan: RestorePlan,
  old: OldAddresses,
  { instanceId, privateAddress }: Machine,
): string[] {
  if (plan.replaces !== undefined || old.private !== privateAddress) return [];
  return [
    `The files of ${instanceId} name this machine already (a boot script may have written them), and ` +
      'nothing else on it tells the old private address: it is not known. What still names it (Nomad ' +
      'clients, log drains, other files) is not found. If you know it, start again with "instance" ' +
      'and "replaces":{"private":"…"}.',
  ];
}
