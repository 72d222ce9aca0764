/**
 * Which addresses a restore replaces. EC2 and the record say which the machine had; its own files say
 * which stand in them, and these are what is replaced. Where both disagree a person decides. Pure.
 */
import { list, prose, nothing, paragraphs, type Markdown } from '../../contract/markdown';
import { refuse } from '../../contract/failures';
import {
  sourceInstance,
  type Machine,
  type OldAddresses,
  type RestorePlan,
} from '../../contract/plan';
import { currentHostname, hostnameOn, isAddress } from '../../machine/addresses/own-hostname';
import type { Approval } from '../frame/runbook';

type Kind = keyof OldAddresses;

/** The old addresses, and where the files say another thing than is known. */
interface Reconciled {
  readonly old: OldAddresses;
  readonly differs: readonly Kind[];
}

/** What the files carry wins over what is known, but for what is there already of the new machine. */
export function reconcile(
  known: OldAddresses,
  carries: Partial<OldAddresses>,
  machine: Pick<Machine, 'privateAddress' | 'publicAddress'>,
): Reconciled {
  const { privateAddress: newPrivate, publicAddress: newPublic } = machine;
  const inner = carries.private === newPrivate ? undefined : carries.private;
  const old: { private: string; public?: string } = { ...known, private: inner ?? known.private };
  // Some files give the private address as the public one, too: it moves with the private one.
  const said = [newPublic, newPrivate, old.private, undefined].includes(carries.public);
  if (!said && carries.public !== undefined) old.public = carries.public;
  const kinds: readonly Kind[] = ['private', 'public'];
  return { old, differs: kinds.filter((kind) => old[kind] !== known[kind]) };
}

/** The addresses to replace, with the question about them. */
export interface OldFound {
  readonly old: OldAddresses;
  readonly question: Approval;
}

type Planned = Pick<RestorePlan, 'replaces' | 'replacesFrom' | 'source'>;

/** Puts together what the plan knows and what the machine's own files carry. */
export function oldAddressesFrom(
  plan: Planned,
  carries: Partial<OldAddresses>,
  machine: Machine,
): OldFound {
  const name = 'addresses';
  const { replaces: known, replacesFrom } = plan;
  if (known === undefined) {
    const old = fromFiles(carries, machine);
    return { old, question: { name, details: withoutSource(old) } };
  }
  const { old, differs } = reconcile(known, carries, machine);
  // Of a machine that does not run EC2 tells no public address: that it names none says nothing.
  const isUntold =
    replacesFrom === sourceInstance &&
    plan.source?.state !== 'running' &&
    known.public === undefined;
  const doubtful = differs.filter((kind) => !(kind === 'public' && isUntold));
  const and = differs.includes('public')
    ? `; ${old.public ?? ''}, from the machine's own files`
    : '';
  const sure = `${known.private}, from ${replacesFrom}${and}`;
  if (doubtful.length === 0) return { old, question: { name, details: nothing, notNeeded: sure } };
  return { old, question: { name, details: inDoubt(plan, old, doubtful) } };
}

function fromFiles(carries: Partial<OldAddresses>, { instanceId }: Machine): OldAddresses {
  if (carries.private !== undefined) return { ...carries, private: carries.private };
  throw refuse(
    'OldAddressUnknown',
    `Neither tags nor the files of ${instanceId} say which addresses the image carries. ` +
      'Start again with "instance" and "replaces":{"private":"…","public":"…"}.',
  );
}

function withoutSource(old: OldAddresses): Markdown {
  return prose`The image was made by hand and its source is gone. The machine's own files carry
      **${old.private}** and **${old.public ?? 'no public address'}**: these will be replaced.`;
}

function inDoubt(
  { replaces, replacesFrom }: Planned,
  old: OldAddresses,
  kinds: readonly Kind[],
): Markdown {
  const lines = kinds.map((kind) => {
    const known = replaces?.[kind];
    const expected = known === undefined ? `knows of no ${kind} address` : prose`says **${known}**`;
    return prose`${kind}: ${replacesFrom} ${expected}; the machine's own files carry **${old[kind] ?? ''}**`;
  });
  return paragraphs(
    prose`The files of the new machine carry another address than is known of the machine that is replaced:`,
    list(lines),
    prose`Approve to replace what stands in the files: **${old.private}** and
    **${old.public ?? 'no public address'}**. An address that is to stay there, such as a load
    balancer's, has to be put back by hand afterwards. Reject if the image is of another machine.`,
  );
}

/** What decides over the hostname. */
export interface HostnameFacts {
  readonly old: OldAddresses;
  readonly machine: Machine;
  /** What the new machine's app has; empty while Replicated does not answer. */
  readonly seen: string;
}

/** The hostname that is to be; an address of the old machine becomes the new one's. */
export function hostnameFor(plan: RestorePlan, { old, machine, seen }: HostnameFacts): string {
  const { hostname, record } = plan;
  const { privateAddress, publicAddress } = machine;
  if (hostname === undefined) return publicAddress ?? privateAddress;
  const recorded = { private: record?.privateAddress, public: record?.publicAddress };
  const replaced = [old, recorded];
  const own = { private: privateAddress, public: publicAddress };
  const had = record?.hostname ?? seen;
  const current = currentHostname(hostname, { had, known: [...replaced, own] });
  return hostnameOn(machine, { hostname: current, replaced });
}

/** What the question about the DNS record is about. */
export interface DnsFacts {
  readonly hostname: string;
  readonly machine: Machine;
  readonly old: OldAddresses;
  /** Whether the name resolves to the new machine already. */
  readonly isRight: boolean;
}

export function toChangeDns(plan: Pick<RestorePlan, 'elasticIp'>, facts: DnsFacts): Approval {
  const { hostname, machine, old, isRight } = facts;
  const name = 'dns';
  const to = [machine.publicAddress, machine.privateAddress].filter(Boolean).join(' or ');
  if (isAddress(hostname)) {
    const question = { name, details: aboutOtherAddress(hostname, to) };
    const isOwn = [machine.publicAddress, machine.privateAddress].includes(hostname);
    return isOwn ? { ...question, notNeeded: `the hostname is the address ${hostname}` } : question;
  }
  if (plan.elasticIp) {
    return {
      name,
      details: nothing,
      notNeeded: `${plan.elasticIp.publicAddress} moved to the machine`,
    };
  }
  if (isRight) return { name, details: nothing, notNeeded: `${hostname} resolves to it already` };
  const from = [old.public, old.private].filter(Boolean).join(' or ');
  return {
    name,
    details: prose`Change the DNS record of **${hostname}**: ${from} → **${to}**. Wait for its TTL, then approve;
      the next step checks it on the machine.`,
  };
}

/** A literal address is never looked up: only a person knows whether it leads to the machine. */
function aboutOtherAddress(hostname: string, to: string): Markdown {
  return prose`The hostname is the address **${hostname}**, which is none of the new machine's (${to}) and none
      of the machine that is replaced. If it leads to the new machine, as one of a load balancer may,
      see that it does, then approve. Else reject, correct \`hostname\` in runbook.yaml, restart the worker,
      and take the machine up again with "instance".`;
}
