/**
 * "When restoring test backups": a restore that is made only to prove the newest backup. Its
 * machine stands in quarantine under a test hostname, excludes no backup and no restore, and is
 * gone afterwards, however the run ends; should the run itself be lost, by the machine's own timer.
 */
import { CancellationScope, workflowInfo } from '@temporalio/workflow';
import { refuse } from '../contract/failures';
import type { Trust } from '../activities/launching/trust-host-key';
import type { DrillPlan, Machine } from '../contract/plan';
import { howToAllowSha1 } from '../machine/login/host-keys';
import type { Report } from '../contract/reports';
import { drillRequest, type DrillRequest } from '../contract/requests';
import * as acts from './frame/acts';
import { claimOn, whileClaimed } from './frame/claim';
import { toCreateOAuth, toLogIn } from './questions/drill-questions';
import { loggingIn, verdictFrom } from './drilling/drill-verdict';
import { confirmHostKey } from './launching/host-key';
import { launchCopy } from './launching/launching';
import { LiveMachine } from './launching/live-machine';
import { bringUpOnNewAddresses } from './restoring/on-new-addresses';
import { reconcile } from './restoring/old-addresses';
import { runbook, type Run } from './frame/runbook';
import { now } from './frame/state';
import { dataOf, mountsOf } from './restoring/volumes';

const launching = '1. Launch an instance in quarantine';
const ending = 'End the machine';
const mountingObjects = 'Mount the object storage';
const telling = 'Say what it proved';

export function drill(request: unknown): Promise<Report> {
  return runbook({ name: 'drill', shape: drillRequest }, request, (run, input) =>
    whileClaimed(run, claimOn('drill', run.settings, input.installation), () =>
      rehearse(run, input),
    ),
  );
}

async function rehearse(run: Run, request: DrillRequest): Promise<string> {
  const { findings } = run;
  const planning = { installation: request.installation, now: now() };
  const step = stepOf(run, request);
  const { plan } = await step('Plan the drill', acts.planDrill, planning);
  findings.imageId = plan.imageId;
  findings.notes.push(...plan.notes);
  findings.changes = [
    { step: telling, change: `a tag on ${plan.imageId}, by which \`runbook check\` knows of it` },
    {
      step: ending,
      change:
        `a machine of this run may live in ${plan.region} until it ends itself at ${plan.expires}; ` +
        '`runbook orphans` shows it',
    },
  ];
  // Else a machine that ends itself would take the answer away with it.
  run.closeGatesAt(new Date(Date.parse(plan.expires) - minutesForAnEnd * 60_000).toISOString());
  try {
    await restoreInQuarantine(run, plan, request);
  } catch (error) {
    // Also of a run that is being cancelled. What went wrong first is what the run ends with.
    await CancellationScope.nonCancellable(() => close(run, plan, false).catch(() => undefined));
    throw error;
  }
  // A machine that could not be ended is no success, whatever it proved.
  return CancellationScope.nonCancellable(() => close(run, plan, true));
}

const minutesForAnEnd = 5;

/** Nobody watches: what goes wrong is the verdict, and no question keeps the machine alive. */
function stepOf(run: Run, { unattended }: DrillRequest): Run['step'] {
  return unattended ? run.attempt : run.step;
}

/** The restore itself, in the order in which a machine in quarantine allows it. */
async function restoreInQuarantine(run: Run, planned: DrillPlan, request: DrillRequest) {
  const step = stepOf(run, request);
  const { machine: stranger, plan } = await launchCopy(run, planned, {
    title: launching,
    kind: 'drill',
    begin: (current, by) => run.attempt(launching, acts.launchDrill, { plan: current, ...by }),
    unasked: request.unattended,
  });
  const live = new LiveMachine(run, plan.region, stranger);
  await confirmHostKey(run, live, {
    step,
    recorded: plan.hostKeys,
    check: (trust) => {
      if (request.unattended && !trust.known) throw unknownKey(trust, stranger);
    },
  });
  const answered = await step('Wait for the machine to answer', acts.awaitMachine, () => ({
    machine: live.now,
  }));
  const { machine } = answered;
  const groups = plan.launch.securityGroupIds;
  await step('Prove the quarantine', acts.proveSilence, { machine, groups, isTried: true });

  const hostname = plan.hostname ?? machine.privateAddress;
  const { record, recorded } = plan;
  const { old } = reconcile(plan.replaces, answered.carries, machine);
  const mounts = mountsOf({ machine, record, settings: run.settings, acknowledge: [] });
  const reached = { machine, old, hostname, recorded, mounts, isReadied: false };
  await bringUpOnNewAddresses(
    run,
    { ...reached, isSealed: true },
    {
      step,
      oauth: {
        title: '3. Create a GitHub OAuth application',
        ask: () => toCreateOAuth(plan, { machine, hostname }, request),
      },
      objects: {
        mount: (isSilent) => mountObjects(run, plan, { machine, step, isSilent }),
        confirm: () => confirmObjects(run, plan, { machine, step, isSilent: false }),
      },
      behind: groups,
      unasked: request.unattended,
    },
  );
  const verified = await step('Verify the app', acts.verifyApp, dataOf(mounts, false));
  run.findings.checks = verified?.checks ?? run.findings.checks;
  run.findings.notes.push(...(verified?.notes ?? []));
  await run.approval(loggingIn, toLogIn(plan, { machine, hostname }, request));
}

/** A volume of the image must be back in its place; what the live machine uses, too, stays away. */
async function mountObjects(run: Run, plan: DrillPlan, place: ObjectsOf): Promise<void> {
  const { objects } = run.settings;
  if (objects?.kind === 'disk') return confirmObjects(run, plan, place);
  run.notNeeded(mountingObjects, whyNotMounted[objects?.kind ?? 'unknown']);
}

/** The same once more when the app can be asked. */
async function confirmObjects(
  run: Run,
  { region, objects: recorded }: DrillPlan,
  { machine, step, isSilent }: ObjectsOf,
): Promise<void> {
  const { objects } = run.settings;
  if (objects?.kind !== 'disk') return;
  const known = { machine, region, objects, recorded, isSilent };
  const input = { ...known, acknowledged: false, canBeFilled: false };
  await step(mountingObjects, acts.mountObjects, input);
}

interface ObjectsOf {
  readonly machine: Machine;
  readonly step: Run['step'];
  /** Nothing of Replicated runs, so it cannot be asked. */
  readonly isSilent: boolean;
}

const whyNotMounted = {
  unknown: 'runbook.yaml does not say where the objects are',
  s3: 'the bucket belongs to the live machine, and must be out of reach from quarantine',
  nfs: 'the export belongs to the live machine: that it is not mounted was proved above',
} as const;

/** Tells the verdict while the machine still shows whether it is one, then ends the machine. */
async function close(run: Run, plan: DrillPlan, isThrough: boolean): Promise<string> {
  const { findings, journal } = run;
  const { imageId, expires } = plan;
  const { instanceId } = findings;
  let verdict = verdictFrom(journal, { isThrough, expires });
  let isTagged = false;
  if (instanceId === undefined || verdict.outcome === 'none') {
    run.notNeeded(telling, verdict.why);
  } else {
    const at = now();
    const told = await run.tried(telling, acts.tellVerdict, { plan, instanceId, verdict, at });
    verdict = told?.verdict ?? verdict;
    isTagged = told !== undefined;
  }
  findings.verdict = verdict;
  findings.whenCancelled = `its machine could not be ended, and ends itself at ${expires}`;
  await run.attempt(ending, acts.endDrill, {
    plan,
    instanceId,
    firstRunId: workflowInfo().firstExecutionRunId,
    wasTried: journal.some(({ title }) => title === launching),
  });
  findings.whenCancelled = 'its machine is gone';
  if (verdict.outcome !== 'passed') return `${imageId} is not proven: ${verdict.why}.`;
  const untagged = isTagged ? '' : ' The image could not be tagged: nobody else knows of it.';
  return `${imageId} is proven: its app ran in quarantine, and its machine is gone.${untagged}`;
}

function unknownKey({ offered, isWeak = false }: Trust, { instanceId }: Machine) {
  const nobody = 'and nobody watches this drill. Start one that somebody watches: runbook drill.';
  return isWeak
    ? refuse(
        'HostKeyBySha1',
        `${instanceId} can prove its host key ${offered} by SHA-1 only, ${nobody} ` +
          howToAllowSha1('machine', offered),
      )
    : refuse(
        'HostKeyUnknown',
        `${instanceId} shows the host key ${offered}, which neither its console nor the backup ` +
          `confirms, ${nobody}`,
      );
}
