/** What a restore needs approved before it launches, and the facts that each approval stands on. */
import { workflowInfo } from '@temporalio/workflow';
import { prose } from '../../contract/markdown';
import type { LaunchFacts, RestorePlan } from '../../contract/plan';
import type { RestoreRequest } from '../../contract/requests';
import * as acts from '../frame/acts';
import { FactGates, untilSeen, type FactGate } from '../frame/fact-gates';
import type { OtherMachines } from './other-machines';
import * as ask from '../questions/questions';
import type { Run } from '../frame/runbook';
import { perform } from '../frame/perform';

type Gate = FactGate<LaunchFacts>;

/** The gates before a launch. */
export interface LaunchApprovals {
  /** Asks whatever is not approved by the facts as they are now; gives these. */
  readonly stand: () => Promise<LaunchFacts>;
  /** The same once the machine is there: its image does not matter any more. */
  readonly standLaunched: () => Promise<LaunchFacts>;
}

interface Restore {
  readonly plan: RestorePlan;
  readonly request: RestoreRequest;
  readonly others: OtherMachines;
}

/** Asks the gates before the launch, and keeps watch over what they said. */
export async function approveLaunch(run: Run, restore: Restore): Promise<LaunchApprovals> {
  const { plan, others } = restore;
  const look = (): Promise<LaunchFacts> => lookAgain(run, plan, others);
  const fence = toFence(restore);
  const elasticIp = toMoveElasticIp(run, plan);
  const before = new FactGates(run, [fence, toLaunch(run, restore), elasticIp], look);
  const launched = before.only([fence, elasticIp]);
  const planned: LaunchFacts = {
    ...{ others: plan.others, unseen: plan.unseen, states: {}, image: 'available' },
    elasticIp: plan.elasticIp,
  };
  // What ran at the plan is looked at once more: the gates say whether it still does.
  await before.stand(plan.others.length === 0 ? planned : undefined);
  return { stand: () => before.stand(), standLaunched: () => launched.stand() };
}

async function lookAgain(run: Run, plan: RestorePlan, others: OtherMachines): Promise<LaunchFacts> {
  const { installation, region, imageId, existingInstanceId } = plan;
  const sourceId = plan.record?.sourceInstanceId ?? plan.source?.instanceId;
  const { firstExecutionRunId: firstRunId } = workflowInfo();
  const input = {
    plan: { installation, region, imageId, existingInstanceId, sourceId },
    firstRunId,
    asked: others.known,
  };
  const how = run.how('Is all as it was approved?');
  const facts = await untilSeen(run, 'Look again at what was approved', () =>
    perform(acts.lookAgain, input, how),
  );
  others.see(facts, 'before the launch');
  return facts;
}

/** Whoever runs beside the new machine is stopped, or a person says that it may run. */
function toFence({ plan, request }: Restore): Gate {
  const mayRun = new Set<string>();
  if (request.acknowledge.includes('source-running') && plan.source) {
    mayRun.add(plan.source.instanceId);
  }
  return {
    title: 'Fence the old machine',
    about: ({ others, unseen }) => ask.aboutOldMachine({ ...plan, others, unseen }, request),
    differs: (approved, now) => {
      const wasAsked = (id: string): boolean =>
        approved.others.some(({ instanceId }) => instanceId === id);
      const regions = new Set(approved.unseen.map(regionOf));
      return [
        ...now.others
          .filter(({ instanceId }) => !mayRun.has(instanceId))
          .map(({ instanceId, why }) =>
            wasAsked(instanceId)
              ? prose`**${instanceId} still runs**, and nobody has said that it may.`
              : prose`**${instanceId} runs now**, which did not run when this was asked: ${why}.`,
          ),
        ...now.unseen.filter((line) => !regions.has(regionOf(line))),
      ];
    },
    heard: ({ acknowledge = [] }, { others }) => {
      if (!acknowledge.includes('source-running')) return;
      for (const { instanceId } of others) mayRun.add(instanceId);
    },
  };
}

/** The error in it may be another one each time. */
function regionOf(unseen: string): string {
  return unseen.split(' ', 1)[0] ?? '';
}

function toLaunch(run: Run, { plan, others }: Restore): Gate {
  return {
    title: 'Approve the launch',
    about: () => ask.toLaunch(plan, run.settings, others.lines),
    differs: (approved, now) => {
      const { imageId, existingInstanceId: existing, spare } = plan;
      if (existing === undefined) {
        if (now.image === approved.image) return [];
        return [prose`**${imageId} is ${now.image} now**: a launch from it will fail.`];
      }
      if (spare === undefined || approved.existing === now.existing) return [];
      const was = approved.existing === undefined ? '' : `, and was ${approved.existing}`;
      const isAsPlanned = approved.existing === undefined && isReady(now.existing);
      return isAsPlanned
        ? []
        : [prose`**The spare ${existing} is ${now.existing ?? 'gone'} now**${was}.`];
    },
  };
}

/** As a plan takes a spare over: made ready, and not gone. */
function isReady(existing: string | undefined): boolean {
  return existing !== undefined && /^(stopped|running|pending|stopping), ready$/.test(existing);
}

function toMoveElasticIp(run: Run, plan: RestorePlan): Gate {
  return {
    title: 'Approve moving the Elastic IP',
    about: ({ elasticIp }) => ask.toMoveElasticIp({ ...plan, elasticIp }, run.settings),
    differs: (approved, now) => {
      const { elasticIp } = now;
      if (elasticIp?.heldBy === undefined) return [];
      const own = [approved.elasticIp?.heldBy, run.findings.instanceId, plan.existingInstanceId];
      if (own.includes(elasticIp.heldBy)) return [];
      const before = approved.elasticIp?.heldBy ?? 'no machine';
      return [
        prose`**${elasticIp.publicAddress} belongs to ${elasticIp.heldBy} now**, and belonged to ${before}
        when this was asked.`,
      ];
    },
  };
}
