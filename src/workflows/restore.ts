/**
 * Restoring from backup, in the order and words of the vendor's document. A number in a title is
 * the document's instruction; lines without one are ours. docs/runbook/restore.md has a heading
 * for each line; the journal of every restore has the same lines in the same order. Instructions 2
 * to 6 are in on-new-addresses.ts, which a drill follows as well.
 */
import { isCancellation, workflowInfo } from '@temporalio/workflow';
import type { Machine, RestorePlan } from '../contract/plan';
import type { Report } from '../contract/reports';
import { restoreRequest, type RestoreRequest } from '../contract/requests';
import * as acts from './frame/acts';
import { bringUpWhereItStays, type LiveReached } from './restoring/bring-up';
import { claimOn, keepClaim, refuseWhileClaimed, whileClaimed } from './frame/claim';
import { checkedBuilds, deleteBuildRecords } from './clean-up-builds';
import { aboutDatabases } from './questions/database-questions';
import { FactGates, type FactGate } from './frame/fact-gates';
import { troubleOf } from './frame/failures';
import { confirmHostKey } from './launching/host-key';
import { approveLaunch, type LaunchApprovals } from './launching/launch-approvals';
import { launchUntilItRuns } from './launching/launching';
import { differences, LiveMachine } from './launching/live-machine';
import { confirmObjectStorage, mountObjectStorage } from './restoring/object-storage';
import {
  hostnameFor,
  oldAddressesFrom,
  toChangeDns,
  type DnsFacts,
} from './restoring/old-addresses';
import { aboutUnknownOld, carriedBy, withTrace } from './restoring/old-traces';
import { OtherMachines } from './launching/other-machines';
import * as ask from './questions/questions';
import { runbook, type Run } from './frame/runbook';
import { perform } from './frame/perform';
import { dataOf, mountsOf } from './restoring/volumes';

const launching = '1. Launch an instance from the image';

export function restore(request: unknown): Promise<Report> {
  return runbook({ name: 'restore', shape: restoreRequest }, request, (run, input) => {
    const builds = checkedBuilds(input.builds, run.settings.hostname);
    return whileClaimed(run, claimOn('restore', run.settings, input.installation), async () => {
      // The spare that is being made would end the one that is taken over.
      if (input.from)
        await refuseWhileClaimed(run, claimOn('spare', run.settings, input.installation));
      return restoreMachine(run, { ...input, builds });
    });
  });
}

async function restoreMachine(run: Run, request: RestoreRequest): Promise<string> {
  const { step, approval, findings, settings } = run;
  const { installation, builds } = request;

  const { id: claim } = claimOn('backup', settings, installation);
  await step('Ask an open backup to make way', acts.preemptBackup, { claim });
  const { firstExecutionRunId: firstRunId } = workflowInfo();
  const planning = { ...request, firstRunId };
  const { plan } = await step('Plan the restore', acts.planRestore, planning);
  ask.noteThePlan(findings, plan, request);
  await approval('Confirm where the databases are', aboutDatabases(plan, request));
  const others = new OtherMachines(run, plan);
  // Asked before the launch, so that no clone waits for a person.
  const approvals = await approveLaunch(run, { plan, request, others });

  // 1. Launch a fresh instance, below; then the machine must answer.
  const live = await launch(run, plan, approvals);
  const reached = await reach(run, { plan, request, live });
  await bringUpWhereItStays(run, reached, {
    step,
    pointDns: () => pointDns(run, plan, reached),
    oauth: {
      title: '3. Change the GitHub OAuth application',
      ask: (fixed) => ask.toChangeOAuth(fixed, reached.hostname),
    },
    objects: {
      mount: (isSilent) => mountObjectStorage(run, { place: reached, plan, request, isSilent }),
      confirm: () => confirmObjectStorage(run, { place: reached, plan, request }),
    },
  });

  const isTakenUp = plan.existingInstanceId !== undefined && plan.spare === undefined;
  const verified = await step('Verify the app', acts.verifyApp, () =>
    dataOf(reached.mounts, isTakenUp),
  );
  findings.checks = verified?.checks ?? findings.checks;
  findings.notes.push(...(verified?.notes ?? []));
  const { machine, hostname } = reached;
  const old = ask.addressesOfSource(plan, reached.old);
  findings.notes.push(...ask.aboutNomadClients(verified?.clients, { old, machine }));
  const offer = { builds, none: 'the request names no builds' };
  await deleteBuildRecords(run, () => live.now, { offer, look: () => live.read() });

  findings.notes.push(...ask.aboutUnendingBuilds(settings, installation));
  findings.notes.push(...ask.aboutConfiguration(settings, machine));
  await others.look('at the end of the restore');
  return `${hostname} runs on ${machine.instanceId}, restored from ${plan.imageId}.`;
}

/** The name must lead to the new machine: Replicated refuses one that it cannot look up. */
async function pointDns(run: Run, plan: RestorePlan, reached: LiveReached): Promise<void> {
  const { old } = reached;
  const look = async () => {
    const machine = await reached.look();
    const { hostname } = reached;
    const isRight = plan.elasticIp === undefined && (await isResolved(run, machine, hostname));
    return { machine, hostname, old, isRight };
  };
  const gate: FactGate<DnsFacts> = {
    title: 'Change the DNS record',
    about: (facts) => toChangeDns(plan, facts),
    differs: (approved, now) => differences(approved.machine, now.machine),
  };
  await new FactGates(run, [gate], look).stand();
  await run.step('Check that the hostname resolves', acts.checkDns, () => {
    const { machine, hostname } = reached;
    return { machine, hostname };
  });
}

/** Instruction 1: exactly one instance, however often this is tried. */
async function launch(
  run: Run,
  plan: RestorePlan,
  approvals: LaunchApprovals,
): Promise<LiveMachine> {
  const { installation, region } = plan;
  let isBegun = false;
  const { instanceId, ...running } = await launchUntilItRuns(run, plan, {
    title: launching,
    kind: 'restore',
    ready: async () => {
      // What was approved was looked at a moment ago; after a failure days may have gone by.
      if (isBegun) await (plan.spare ? approvals.standLaunched() : approvals.stand());
      isBegun = true;
      await keepClaim(run, claimOn('restore', run.settings, installation));
    },
    begin: (current, by) => run.attempt(launching, acts.launchInstance, { plan: current, ...by }),
  });
  const { publicAddress } = await moveElasticIp(run, plan, { instanceId, approvals });
  return new LiveMachine(run, region, {
    ...{ installation, region, instanceId, hostKeys: [] },
    privateAddress: running.privateAddress,
    publicAddress: publicAddress ?? running.publicAddress,
  });
}

/** Moves the address away from the machine that the approval named, and from no other. */
async function moveElasticIp(
  run: Run,
  plan: RestorePlan,
  { instanceId, approvals }: { instanceId: string; approvals: LaunchApprovals },
) {
  const title = 'Move the Elastic IP';
  for (;;) {
    const elasticIp =
      plan.elasticIp === undefined ? undefined : (await approvals.standLaunched()).elasticIp;
    try {
      const input = { plan: { ...plan, elasticIp }, instanceId };
      return await run.attempt(title, acts.moveElasticIp, input);
    } catch (error) {
      if (isCancellation(error)) throw error;
      await run.askAboutFailure(title, troubleOf(error), false);
    }
  }
}

/** Whether nobody needs to be asked about the DNS record; the step that checks it comes later. */
async function isResolved(run: Run, machine: Machine, hostname: string): Promise<boolean> {
  const how = run.how('Does the hostname resolve already?');
  try {
    return (await perform(acts.lookUpHostname, { machine, hostname }, how)).isRight;
  } catch (error) {
    if (isCancellation(error)) throw error;
    return false;
  }
}

interface Restored {
  readonly plan: RestorePlan;
  readonly request: RestoreRequest;
  readonly live: LiveMachine;
}

/** Waits until the machine lets us in, known by its host key, and we know what it is. */
async function reach(run: Run, { plan, request, live }: Restored): Promise<LiveReached> {
  const { step, approval, settings } = run;
  await confirmHostKey(run, live, { step, recorded: plan.hostKeys });
  const answered = await step('Wait for the machine to answer', acts.awaitMachine, () => ({
    machine: live.now,
  }));
  live.is(answered.machine);
  const { old, question } = oldAddressesFrom(plan, carriedBy(plan, answered), live.now);
  await approval('Confirm the old addresses', withTrace(plan, answered, question));
  run.findings.notes.push(...aboutUnknownOld(plan, old, live.now));

  const seen = answered.hostname;
  const hostname = hostnameFor(plan, { old, machine: live.now, seen });
  const { record } = plan;
  return {
    get machine() {
      return live.now;
    },
    look: () => live.read(),
    old,
    // An address that the machine had before it was started anew is none that it is reached by.
    get hostname() {
      return hostnameFor(plan, { old, machine: live.now, seen });
    },
    recorded: record?.hostname,
    isReadied: answered.isReadied && answered.hostname === hostname,
    isSealed: plan.userData !== undefined || answered.isSealed,
    get mounts() {
      return mountsOf({ machine: live.now, record, settings, acknowledge: request.acknowledge });
    },
  };
}
