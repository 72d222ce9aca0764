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
import * as acts from './acts';
import { claimOn, keepClaim, refuseWhileClaimed, whileClaimed } from './claim';
import { checkedBuilds, deleteBuildRecords } from './clean-up-builds';
import { aboutDatabases } from './database-questions';
import { launchUntilItRuns } from './launching';
import { confirmObjectStorage, mountObjectStorage } from './object-storage';
import { hostnameFor, oldAddressesFrom, toChangeDns } from './old-addresses';
import { aboutUnknownOld, carriedBy, withTrace } from './old-traces';
import { bringUpOnNewAddresses, type Reached } from './on-new-addresses';
import { OtherMachines } from './other-machines';
import * as ask from './questions';
import { runbook, type Run } from './runbook';
import { perform } from './steps';
import { dataOf, mountsOf } from './volumes';

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
  await approval('Fence the old machine', ask.aboutOldMachine(plan, request));
  await others.look('before the launch');
  await approval('Approve the launch', ask.toLaunch(plan, settings, others.lines));
  // Asked before the launch, so that no clone waits for a person.
  await approval('Approve moving the Elastic IP', ask.toMoveElasticIp(plan, settings));

  // 1. Launch a fresh instance, below; then the machine must answer.
  const launched = await launch(run, plan);
  const found = await reach(run, plan, launched);
  const { machine, old, hostname } = found;
  const mounts = mountsOf({ machine, record: plan.record, settings, ...request });
  const reached: Reached = { ...found, mounts };
  await bringUpOnNewAddresses(run, reached, {
    step,
    pointDns: () => pointDns(run, plan, reached),
    oauth: {
      title: '3. Change the GitHub OAuth application',
      ask: (fixed) => ask.toChangeOAuth(fixed, hostname),
    },
    objects: {
      mount: (isSilent) => mountObjectStorage(run, { machine, plan, request, isSilent }),
      confirm: () => confirmObjectStorage(run, { machine, plan, request }),
    },
  });

  const isTakenUp = plan.existingInstanceId !== undefined && plan.spare === undefined;
  const data = dataOf(mounts, isTakenUp);
  const verified = await step('Verify the app', acts.verifyApp, data);
  findings.checks = verified?.checks ?? findings.checks;
  findings.notes.push(...(verified?.notes ?? []));
  findings.notes.push(
    ...ask.aboutNomadClients(verified?.clients, { old: ask.addressesOfSource(plan, old), machine }),
  );
  await deleteBuildRecords(run, machine, { builds, none: 'the request names no builds' });

  findings.notes.push(...ask.aboutUnendingBuilds(settings, installation));
  findings.notes.push(...ask.aboutConfiguration(settings, machine));
  await others.look('at the end of the restore');
  return `${hostname} runs on ${machine.instanceId}, restored from ${plan.imageId}.`;
}

/** The name must lead to the new machine: Replicated refuses one that it cannot look up. */
async function pointDns(run: Run, plan: RestorePlan, reached: Reached): Promise<void> {
  const { step, approval } = run;
  const { machine, old, hostname } = reached;
  const isRight = plan.elasticIp === undefined && (await isResolved(run, machine, hostname));
  await approval('Change the DNS record', toChangeDns(plan, { hostname, machine, old, isRight }));
  await step('Check that the hostname resolves', acts.checkDns, { machine, hostname });
}

/** Instruction 1: exactly one instance, however often this is tried. */
async function launch(run: Run, plan: RestorePlan): Promise<Machine> {
  const { installation } = plan;
  await keepClaim(run, claimOn('restore', run.settings, installation));
  const { instanceId, ...running } = await launchUntilItRuns(run, plan, {
    title: launching,
    kind: 'restore',
    begin: (current, by) => run.attempt(launching, acts.launchInstance, { plan: current, ...by }),
  });
  const moved = await run.step('Move the Elastic IP', acts.moveElasticIp, { plan, instanceId });
  return {
    installation,
    region: plan.region,
    instanceId,
    privateAddress: running.privateAddress,
    publicAddress: moved.publicAddress ?? running.publicAddress,
    hostKeys: [],
  };
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

/** Waits until the machine lets us in, known by its host key, and we know what it is. */
async function reach(
  run: Run,
  plan: RestorePlan,
  stranger: Machine,
): Promise<Omit<Reached, 'mounts'>> {
  const { step, approval } = run;
  const trust = await step('Look at the host key', acts.trustHostKey, {
    machine: stranger,
    recorded: plan.hostKeys,
  });
  await approval('Confirm the host key', ask.toTrust(trust, stranger.instanceId));

  const known: Machine = { ...stranger, hostKeys: [trust.offered] };
  const answered = await step('Wait for the machine to answer', acts.awaitMachine, {
    machine: known,
  });
  const { machine } = answered;
  const { old, question } = oldAddressesFrom(plan, carriedBy(plan, answered), machine);
  await approval('Confirm the old addresses', withTrace(plan, answered, question));
  run.findings.notes.push(...aboutUnknownOld(plan, old, machine));

  const hostname = hostnameFor(plan, { old, machine, seen: answered.hostname });
  const isReadied = answered.isReadied && answered.hostname === hostname;
  const isSealed = plan.userData !== undefined || answered.isSealed;
  const recorded = plan.record?.hostname;
  return { machine, old, hostname, recorded, isReadied, isSealed };
}
