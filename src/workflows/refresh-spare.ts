/**
 * "A hot spare regularly imaged with the backup snapshot": a new spare machine from the newest
 * backup, silent from its first packet; those before it go only once it is ready.
 */
import type { SparePlan } from '../contract/plan';
import type { Report } from '../contract/reports';
import { refreshSpareRequest } from '../contract/requests';
import * as acts from './frame/acts';
import { claimOn, refuseWhileClaimed, whileClaimed } from './frame/claim';
import { confirmHostKey } from './launching/host-key';
import { launchCopy, waitingForChecks } from './launching/launching';
import { LiveMachine } from './launching/live-machine';
import { runbook, type Run } from './frame/runbook';
import { tellStaleAddresses } from './restoring/stale-addresses';

const launching = 'Launch the spare in quarantine';
const lines = [
  launching,
  waitingForChecks,
  'Look at the host key',
  'Confirm the host key',
  'Wait for the machine to answer',
  '2. Prove that the app does not run',
  '4. Update the IP addresses',
  'Look for stale addresses',
  '5. Remove /opt/nomad',
  'Put the spare to rest',
] as const;
const retiring = 'Retire the spare before it';

export function refreshSpare(request: unknown): Promise<Report> {
  return runbook({ name: 'refreshSpare', shape: refreshSpareRequest }, request, (run, input) => {
    const { installation } = input;
    return whileClaimed(run, claimOn('spare', run.settings, installation), async () => {
      await refuseWhileClaimed(run, claimOn('restore', run.settings, installation));
      const { plan } = await run.step('Plan the spare', acts.planSpare, { installation });
      run.findings.notes.push(...plan.notes);
      run.findings.imageId = plan.imageId;
      const instanceId = plan.current ?? (await makeSpare(run, plan));
      if (plan.current !== undefined) {
        for (const title of lines) {
          run.notNeeded(title, `${instanceId} is ready and holds the newest backup`);
        }
      }
      await run.step(retiring, acts.retireSpares, { plan, instanceId });
      return `${instanceId} in ${plan.region} is the spare, from ${plan.imageId}.`;
    });
  });
}

async function makeSpare(run: Run, planned: SparePlan): Promise<string> {
  const { step, findings } = run;
  const { machine: launched, plan } = await launchCopy(run, planned, {
    title: launching,
    kind: 'spare',
    begin: (current, by) => run.attempt(launching, acts.launchSpare, { plan: current, ...by }),
  });
  const { instanceId } = launched;
  const unfinished =
    `${instanceId} in ${plan.region} is in quarantine and not ready: the next refreshSpare that ` +
    'gets through ends it.';
  findings.changes = [{ step: 'Put the spare to rest', change: unfinished }];
  const live = new LiveMachine(run, plan.region, launched);
  await confirmHostKey(run, live, { step, recorded: plan.hostKeys });
  const { machine } = await step('Wait for the machine to answer', acts.awaitMachine, () => ({
    machine: live.now,
  }));
  await step('2. Prove that the app does not run', acts.proveSilence, {
    machine,
    groups: plan.launch.securityGroupIds,
  });
  const addresses = { machine, old: plan.replaces };
  const updated = await step('4. Update the IP addresses', acts.updateIpAddresses, addresses);
  findings.notes.push(...updated.mentions);
  await tellStaleAddresses(run, addresses);
  await step('5. Remove /opt/nomad', acts.wipeNomad, {
    machine,
    isReadied: false,
    isSealed: true,
  });
  await step('Put the spare to rest', acts.restSpare, { plan, machine });
  return instanceId;
}
