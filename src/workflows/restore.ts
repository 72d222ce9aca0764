/**
 * Restoring from backup, in the order and words of the vendor's document. A number in a title is
 * the document's instruction; lines without one are ours. docs/runbook/restore.md has a heading
 * for each line; the journal of every restore has the same lines in the same order.
 */
import { workflowInfo } from '@temporalio/workflow';
import type { Machine, OldAddresses, RestorePlan } from '../contract/plan';
import type { Report } from '../contract/reports';
import { restoreRequest, type RestoreRequest } from '../contract/requests';
import type { Distribution } from '../machine/os-release';
import * as acts from './acts';
import { claimOn, whileClaimed } from './claim';
import { checkedBuilds, deleteBuildRecords } from './clean-up-builds';
import * as ask from './questions';
import { runbook, type Run } from './runbook';

export function restore(request: unknown): Promise<Report> {
  return runbook({ name: 'restore', shape: restoreRequest }, request, (run, input) => {
    const builds = checkedBuilds(input.builds, run.settings.hostname);
    return whileClaimed(claimOn('restore', input.installation), () =>
      restoreMachine(run, { ...input, builds }),
    );
  });
}

async function restoreMachine(run: Run, request: RestoreRequest): Promise<string> {
  const { step, approval, findings } = run;

  const plan = await planAndApprove(run, request);
  const { machine, distribution, old, hostname, isReadied } = await launchAndReach(run, plan);

  await step('2. Stop the app', acts.stopApp, { machine, isReadied });

  await approval('Change the DNS record', ask.toChangeDns(plan, { hostname, machine, old }));
  await step('Check that the hostname resolves', acts.checkDns, { machine, hostname });
  const fixed = await step('3. Fix the hostname', acts.fixHostname, { machine, hostname });
  await approval('3. Change the GitHub OAuth application', ask.toChangeOAuth(fixed, hostname));

  const addresses = { machine, distribution, old };
  const updated = await step('4. Update the IP addresses', acts.updateIpAddresses, addresses);
  findings.notes.push(...updated.mentions);

  await step('5. Remove /opt/nomad', acts.wipeNomad, { machine, isReadied });
  await step('Restart Replicated on its new addresses', acts.restartReplicated, { machine });
  await step('6. Restart the app', acts.restartApp, { machine });

  const verified = await step('Verify the app', acts.verifyApp, { machine });
  findings.checks = verified?.checks;
  findings.notes.push(...ask.aboutNomadClients(verified?.clients, { old, machine }));
  await deleteBuildRecords(run, machine, request.builds);

  findings.notes.push(...ask.aboutConfiguration(run.settings, machine));
  return `${hostname} runs on ${machine.instanceId}, restored from ${plan.imageId}.`;
}

/** Everything that can be decided before anything is changed. */
async function planAndApprove(run: Run, request: RestoreRequest): Promise<RestorePlan> {
  const { step, approval, findings, settings } = run;
  const { id: claim } = claimOn('backup', request.installation);
  await step('Ask an open backup to make way', acts.preemptBackup, { claim });

  const { plan } = await step('Plan the restore', acts.planRestore, request);
  findings.notes.push(...plan.notes);
  findings.changes = plan.changes;
  findings.request = { builds: request.builds };

  await approval('Fence the old machine', ask.aboutOldMachine(plan, request));
  await approval('Approve the launch', ask.toLaunch(plan, settings));
  // Asked before the launch, so that no clone waits for a person while its app starts.
  await approval('Approve moving the Elastic IP', ask.toMoveElasticIp(plan, settings));
  return plan;
}

interface Reached {
  readonly machine: Machine;
  readonly distribution: Distribution;
  readonly old: OldAddresses;
  readonly hostname: string;
  /** A machine that is taken up again after instruction 6 keeps its app running. */
  readonly isReadied: boolean;
}

/** Instruction 1, until the machine lets us in and we know what it is. */
async function launchAndReach(run: Run, plan: RestorePlan): Promise<Reached> {
  const { step, approval, findings } = run;
  const { workflowId, firstExecutionRunId } = workflowInfo();
  const title = '1. Launch an instance from the image';
  const launched = await step(title, acts.launchInstance, () => ({
    plan,
    run: { workflowId, firstRunId: firstExecutionRunId },
    generation: run.retriesOf(title),
  }));
  findings.imageId = plan.imageId;
  findings.instanceId = launched.instanceId;
  await step('Move the Elastic IP', acts.moveElasticIp, { plan, ...launched });

  const { installation } = plan;
  const stranger: Machine = { installation, hostKeys: [], ...launched };
  const recorded = plan.record?.hostKeys ?? [];
  const trust = await step('Look at the host key', acts.trustHostKey, {
    machine: stranger,
    recorded,
  });
  await approval('Confirm the host key', ask.toTrust(trust, launched.instanceId));

  const known: Machine = { ...stranger, hostKeys: [trust.offered] };
  const answered = await step('Wait for the machine to answer', acts.awaitMachine, {
    machine: known,
  });
  const { machine, distribution, carries } = answered;
  const old = plan.replaces ?? ask.oldAddressesFrom(carries, machine);
  await approval('Confirm the old addresses', ask.aboutOldAddresses(plan, old));

  const hostname = ask.hostnameFor(plan, old, machine);
  const isReadied = answered.isReadied && answered.hostname === hostname;
  return { machine, distribution, old, hostname, isReadied };
}
