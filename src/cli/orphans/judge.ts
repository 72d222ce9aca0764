/**
 * Which machines that the runbooks have made belong to nobody any more, by their tags and by what
 * Temporal says of the runs that made them. Pure.
 */
import { tagNames } from '../../machine/backups/tags';
import { moment } from '../render/span';

/** A machine that a runbook has launched. */
export interface MadeMachine {
  readonly id: string;
  readonly region: string;
  readonly state: string;
  /** ISO 8601: its first start. */
  readonly firstLaunchedAt: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Whether the run that made it is open; `unknown` while Temporal does not answer. */
export type Owner = 'open' | 'closed' | 'unknown';

/** A machine that no live run owns, or that has outlived its time. */
export interface Orphan {
  readonly installation: string;
  readonly instance: string;
  readonly region: string;
  readonly kind: string;
  readonly run: string;
  /** Why it is one, and what becomes of it. */
  readonly why: string;
  /** Whether `--clean` may end it. */
  readonly isPastItsTime: boolean;
}

/** The clocks of AWS, of the worker and of this machine may differ by so much. */
const skewMs = 300_000;

/** The kinds of machines that runbooks launch. */
export const kinds = ['restore', 'spare', 'drill'] as const;

/** What is to be said of the machine; undefined when it is where it belongs. */
export function judgeMachine(machine: MadeMachine, owner: Owner, now: number): Orphan | undefined {
  const { tags } = machine;
  const verdict = verdictOn(machine, owner, now);
  return verdict && { ...orphanOf(machine, tags), ...verdict };
}

type Verdict = Pick<Orphan, 'why' | 'isPastItsTime'> | undefined;

function verdictOn(machine: MadeMachine, owner: Owner, now: number): Verdict {
  switch (machine.tags[tagNames.kind]) {
    case 'drill':
      return drillMachine(machine, owner, now);
    case 'spare':
      return spare(machine, owner);
    case 'restore':
      return restored(machine, owner);
    default:
      return undefined;
  }
}

/** It should have ended itself: whoever made it, it is of no use any more. */
function drillMachine({ tags }: MadeMachine, owner: Owner, now: number): Verdict {
  const expires = tags[tagNames.expires] ?? '';
  const at = Date.parse(expires);
  if (now > at + skewMs) {
    return { why: `a drill that should have ended by ${moment(expires)}`, isPastItsTime: true };
  }
  if (owner === 'open') return undefined;
  const end = Number.isNaN(at)
    ? 'when it ends itself is not known: look at it, then terminate it in EC2'
    : `it ends itself at ${moment(expires)}`;
  return { why: `a drill ${ownerText[owner]}; ${end}`, isPastItsTime: false };
}

function spare({ tags }: MadeMachine, owner: Owner): Verdict {
  const state = tags[tagNames.state];
  if (state === 'superseded') {
    return { why: 'a spare that another one has replaced', isPastItsTime: true };
  }
  if (state === 'ready' || owner === 'open') return undefined;
  const why = `a spare that is not ready, ${ownerText[owner]}; the next refresh-spare ends it`;
  return { why, isPastItsTime: false };
}

/** Never ours to end: a person may be at work on it. */
function restored({ tags }: MadeMachine, owner: Owner): Verdict {
  const state = tags[tagNames.state] ?? 'nothing is known of it';
  if (state === 'restored' || owner === 'open') return undefined;
  const todo = tags[tagNames.todo];
  const left = todo === undefined || todo === 'nothing' ? '' : `; left to do: ${todo}`;
  const todoNow =
    owner === 'unknown'
      ? 'its run may be open: ask again when Temporal answers'
      : 'see whether it serves by now; else take it up with runbook restore --instance, or terminate ' +
        'it in EC2';
  const why = `a restore ${ownerText[owner]}: ${state}${left}; ${todoNow}`;
  return { why, isPastItsTime: false };
}

const ownerText: Readonly<Record<Owner, string>> = {
  open: 'whose run is open',
  closed: 'whose run is over',
  unknown: 'of whose run nothing is known',
};

function orphanOf({ id, region }: MadeMachine, tags: MadeMachine['tags']) {
  return {
    installation: tags[tagNames.installation] ?? '',
    instance: id,
    region,
    kind: tags[tagNames.kind] ?? '',
    run: tags[tagNames.run] ?? '',
  };
}
