/**
 * Instructions 2 to 6 of the vendor's document on a machine that was launched from an image, in the
 * one order that its state allows. A machine that is sealed and silent starts its units only on
 * right addresses: on it a hostname that is not known to be right can be set only after that,
 * because Replicated takes one only while it runs. Everywhere else it is the document's order.
 */
import type { MountsExpected } from '../../activities/parts/machine/expected-mounts';
import type { HostnameFixed } from '../../activities/restoring/fix-hostname';
import type { Machine, OldAddresses } from '../../contract/plan';
import * as acts from '../frame/acts';
import type { Approval, Run } from '../frame/runbook';
import { now } from '../frame/state';
import { mendStaleAddresses, tellStaleAddresses } from './stale-addresses';
import { compareMounts } from './volumes';

/** A machine that answers, and what is known of it: each is as it is when it is asked for. */
export interface Reached {
  /** As it is by now. */
  readonly machine: Machine;
  /** Reads its addresses anew, where a question may have kept the run waiting. */
  readonly look?: () => Promise<unknown>;
  readonly old: OldAddresses;
  /** The hostname that is to be. */
  readonly hostname: string;
  /** The hostname that the backup recorded. */
  readonly recorded?: string | undefined;
  /** A machine that is taken up again after instruction 6 keeps its app running. */
  readonly isReadied: boolean;
  /** Whether it was launched with the seal, or is sealed now. */
  readonly isSealed: boolean;
  /** Where its files must be. */
  readonly mounts: MountsExpected;
}

/** How the objects come back to where they were, before anything may start the app over them. */
interface ObjectWays {
  /** On a silent machine Replicated cannot be asked where they are. */
  readonly mount: (isSilent: boolean) => Promise<void>;
  /** Asks it once it runs. */
  readonly confirm: () => Promise<void>;
}

/** What differs between a restore and a drill. */
export interface Ways {
  readonly step: Run['step'];
  /** What a person does outside before the hostname is set. */
  readonly pointDns?: () => Promise<void>;
  readonly oauth: {
    readonly title: string;
    readonly ask: (fixed: HostnameFixed | undefined) => Approval;
  };
  /** The object storage. */
  readonly objects: ObjectWays;
  /** In a drill: the security groups behind which it happens. */
  readonly behind?: readonly string[];
  /** Whether nobody is asked about a missing mount: then it is a failure. */
  readonly unasked?: boolean;
}

const stopping = '2. Stop the app';
const naming = '3. Fix the hostname';

/** Brings the app up on the machine's own addresses; gives the machine with those that it wrote. */
export async function bringUpOnNewAddresses(run: Run, at: Reached, ways: Ways): Promise<Machine> {
  const { step, oauth, objects, behind } = ways;
  const { isReadied, isSealed } = at;
  const stopped = await step(stopping, acts.stopApp, () => {
    const { machine } = at;
    return { machine, isReadied, isSealed };
  });
  run.findings.notes.push(...aboutBrokenSeal(at, stopped.broken));
  // In a drill nobody waits for the app.
  const isMissed = behind === undefined && stopped.notNeeded !== true;
  if (isMissed) run.findings.appStopped = { instanceId: at.machine.instanceId, since: now() };
  await compareMounts(run, () => at.mounts, { step, unasked: ways.unasked === true });
  await ways.pointDns?.();

  const isKnown = at.recorded === at.hostname;
  if (!stopped.isSilent) await fixHostname(run, at, ways);
  else putOffHostname(run, at, oauth.title);
  await at.look?.();
  const written = await updateIpAddresses(run, at, step);
  // Before any unit starts on a silent machine: Docker must be right by then.
  if (behind === undefined) await mendStaleAddresses(run, at);
  else await tellStaleAddresses({ step, findings: run.findings }, at);
  const quarantine = behind === undefined ? {} : { behind };
  await step('5. Remove /opt/nomad', acts.wipeNomad, () => ({ machine: at.machine, isReadied }));
  // From the restart on Replicated may start the app by itself.
  await objects.mount(stopped.isSilent);
  await step('Restart Replicated on its new addresses', acts.restartReplicated, () => {
    const { machine, old, mounts } = at;
    return { machine, old, mounts, ...quarantine };
  });
  if (stopped.isSilent) {
    // An app that it has started by itself must not run under a hostname that changes.
    if (!isKnown) {
      await step(stopping, acts.stopApp, () => ({ machine: at.machine, isReadied: false }));
    }
    await fixHostname(run, at, ways);
    await objects.confirm();
  }
  await step('6. Restart the app', acts.restartApp, () => {
    const { machine, mounts } = at;
    return { machine, mounts, ...quarantine };
  });
  run.findings.appStopped = undefined;
  return written;
}

/** Instruction 3 at its place in the document, on a machine where Replicated does not run. */
function putOffHostname(run: Run, { recorded, hostname }: Reached, oauth: string): void {
  if (recorded === hostname) {
    run.notNeeded(naming, `the backup recorded ${hostname}: confirmed once Replicated runs`);
    run.notNeeded(oauth, `the hostname stays ${hostname}`);
    return;
  }
  const why =
    recorded === undefined ? 'the backup did not record the hostname' : `it was ${recorded}`;
  run.later(naming, `${why}; Replicated takes a hostname only while it runs: after its restart`);
  run.later(oauth, 'after the hostname');
}

async function fixHostname(run: Run, at: Reached, { step, oauth }: Ways): Promise<void> {
  const wasTold = run.journal.some(
    ({ title, state }) => title === oauth.title && state !== 'later',
  );
  const fixed = await step(naming, acts.fixHostname, () => {
    const { machine, hostname } = at;
    return { machine, hostname };
  });
  // What was foretold from the record, and came true, is not said twice.
  if (wasTold && fixed?.changed === false) return;
  await run.approval(oauth.title, oauth.ask(fixed));
}

async function updateIpAddresses(run: Run, at: Reached, step: Run['step']): Promise<Machine> {
  let written = at.machine;
  const updated = await step('4. Update the IP addresses', acts.updateIpAddresses, () => {
    const { machine, old } = at;
    written = machine;
    return { machine, old };
  });
  run.findings.notes.push(...updated.mentions);
  return written;
}

/** A machine that was launched silent and was not: somebody has to know that it may have dialled. */
function aboutBrokenSeal({ machine, old }: Reached, broken: string | undefined): string[] {
  if (broken === undefined) return [];
  return [
    `The seal of ${machine.instanceId} did not hold: ${broken}. Until instruction 2 it acted with the ` +
      `addresses of the old machine, and may have dialled ${old.private}. See on it whether cloud-init ` +
      'ran its user data (/var/log/cloud-init-output.log).',
  ];
}
