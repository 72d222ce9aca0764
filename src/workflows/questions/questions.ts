/** What the gates of a restore say to the person who decides. Markdown; pure. */
import type { HostnameFixed } from '../../activities/restoring/fix-hostname';
import type { Trust } from '../../activities/launching/trust-host-key';
import { code, list, prose, nothing, paragraphs, type Markdown } from '../../contract/markdown';
import type { Machine, OldAddresses, RestorePlan, Settings } from '../../contract/plan';
import type { RestoreRequest } from '../../contract/requests';
import { howToAllowSha1 } from '../../machine/login/host-keys';
import { aboutAlternatives } from './launch-questions';
import type { Approval } from '../frame/runbook';
import type { Findings } from '../frame/state';

/** Takes over what the plan says for the report, and for what is left if the run ends early. */
export function noteThePlan(findings: Findings, plan: RestorePlan, request: RestoreRequest): void {
  findings.notes.push(...plan.notes);
  findings.changes = plan.changes;
  findings.request = { region: request.region, builds: request.builds };
}

/** A clone that starts dials the machine whose addresses it still carries. */
export function aboutOldMachine(
  plan: RestorePlan,
  request: Pick<RestoreRequest, 'acknowledge'>,
): Approval {
  const { source, others, unseen } = plan;
  const name = 'old-machine';
  if (others.length === 0 && unseen.length === 0) {
    const state = source ? `${source.instanceId} is ${source.state}` : 'no source instance is left';
    return { name, details: nothing, notNeeded: state };
  }
  // The request can know of the machine that is replaced, not of one that nobody expects.
  const acknowledged =
    request.acknowledge.includes('source-running') &&
    unseen.length === 0 &&
    others.every(({ instanceId }) => instanceId === source?.instanceId);
  const ids = others.map(({ instanceId }) => instanceId).join(' and ');
  return {
    name,
    details: paragraphs(
      list([
        ...others.map(({ instanceId, why }) => prose`**${instanceId} still runs**: ${why}.`),
        ...unseen.map((line) => prose`**${line}**`),
      ]),
      prose`A machine launched from the image ${fromWhenOn(plan)}: two machines work on the same GitHub
      hooks, queues and buckets. Stop what still runs or may run, then approve: the run looks again, and
      asks anew if it still runs. Where you have cut it off instead, or mean it to run beside the new
      one, say so with the approval: \`"acknowledge":["source-running"]\`.`,
    ),
    acknowledge: ['source-running'],
    notNeeded: acknowledged ? `${ids} runs, as the request acknowledges` : undefined,
  };
}

/** A sealed machine is silent for a while; it takes over all the same. */
function fromWhenOn({ userData, spare }: RestorePlan): string {
  return userData === undefined && spare === undefined
    ? 'dials the addresses it carries, and its app acts as a second production'
    : 'is silent until its addresses are right; then its app acts as a second production';
}

export function toLaunch(
  plan: RestorePlan,
  settings: Settings,
  others: readonly string[],
): Approval {
  const { launch } = plan;
  const name = 'launch';
  const { existingInstanceId: existing } = plan;
  if (existing !== undefined && plan.spare === undefined) {
    return { name, details: nothing, notNeeded: `${existing} exists already` };
  }
  const what =
    existing === undefined
      ? prose`Launch one **${launch.instanceType}** from **${plan.imageId}** (${plan.imageName}) in
      ${launch.subnetId}, security groups ${launch.securityGroupIds.join(', ')}.`
      : prose`Take the spare **${existing}** in ${plan.region} over, which holds **${plan.imageId}**
      (${plan.imageName}), and put it into the security groups
      ${(plan.spare?.securityGroupIds ?? []).join(', ')}.`;
  const details = paragraphs(
    what,
    existing === undefined ? aboutAlternatives(plan) : nothing,
    list([...plan.notes, ...others]),
    prose`What will change:`,
    list(plan.changes.map(({ step, change }) => prose`${step}: ${change}`)),
  );
  const waived = settings.approvals.launch === 'waived';
  return {
    name,
    details,
    notNeeded: waived ? 'waived in runbook.yaml' : undefined,
  };
}

export function toMoveElasticIp(plan: RestorePlan, settings: Settings): Approval {
  const { elasticIp } = plan;
  const name = 'elastic-ip';
  if (elasticIp === undefined) {
    return { name, details: nothing, notNeeded: 'the machine is reached by a DNS record' };
  }
  if (elasticIp.heldBy !== undefined && elasticIp.heldBy === plan.existingInstanceId) {
    return { name, details: nothing, notNeeded: `${elasticIp.publicAddress} is there already` };
  }
  // Waived is what one expects to see: a free address, or one that the lost machine still holds.
  const expected = [undefined, plan.source?.instanceId, settings.servicesMachineId];
  const waived = settings.approvals.elasticIp === 'waived' && expected.includes(elasticIp.heldBy);
  return {
    name,
    details: prose`The Elastic IP **${elasticIp.publicAddress}** (${elasticIp.allocationId}) moves from
      **${elasticIp.heldBy ?? 'no machine'}** to the new machine as soon as that runs.`,
    notNeeded: waived ? 'waived in runbook.yaml' : undefined,
  };
}

export function toTrust(trust: Trust, instanceId: string): Approval {
  const isConfirmed = trust.expected.includes(trust.offered);
  return {
    name: 'host-key',
    details: paragraphs(
      isConfirmed
        ? prose`${instanceId} shows the host key **${trust.offered}**, as its console output or the
      backup's tags say.`
        : prose`${instanceId} shows the host key **${trust.offered}**, which neither its console output nor
      the backup's tags confirm. Compare it with what the machine itself says, for example in
      the EC2 serial console: \`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\`.`,
      trust.isWeak ? aboutWeakProof(trust.offered) : nothing,
      prose`Known for this machine:`,
      list(trust.expected.length > 0 ? trust.expected : ['nothing']),
    ),
    notNeeded: trust.known ? `${trust.offered} is known` : undefined,
  };
}

/** An approval alone does not do: who takes so weak a proof writes it down. */
export function aboutWeakProof(offered: string): Markdown {
  return prose`**It can prove that key by SHA-1 only**, as OpenSSH before 7.2 does, and such a proof can be
      forged by whoever can pay for it. ${howToAllowSha1('machine', offered)} Only then approve:
      without it the next step does not log in.`;
}

export function toChangeOAuth(fixed: HostnameFixed | undefined, hostname: string): Approval {
  const name = 'oauth';
  if (fixed?.changed === false) {
    return { name, details: nothing, notNeeded: `the hostname stays ${hostname}` };
  }
  return {
    name,
    details: paragraphs(
      prose`${fixed ? `The hostname changed from ${fixed.before} to` : 'A person saw to the hostname; it is to be'}
      **${hostname}**. Change the GitHub OAuth application of this installation (or create a new one to
      test the recovery):`,
      list([
        prose`Homepage URL: ${code(`https://${hostname}`)}`,
        prose`Authorization callback URL: ${code(`https://${hostname}/auth/github`)}`,
      ]),
      prose`Use http:// where the installation has no TLS. The webhooks of every project keep the old
host until the project is set up again.`,
      fixed?.override
        ? prose`/etc/circle-installation-customizations overrides it: ${code(fixed.override)}.`
        : nothing,
    ),
  };
}

/** The addresses of the machine that is replaced; a spare carries its own by now. */
export function addressesOfSource({ record }: RestorePlan, old: OldAddresses): OldAddresses {
  if (record === undefined) return old;
  const { privateAddress, publicAddress } = record;
  return { private: privateAddress, ...(publicAddress ? { public: publicAddress } : {}) };
}

/** What a person must change in the launch configuration of the Nomad clients. */
export function aboutNomadClients(
  clients: readonly string[] | undefined,
  { old, machine }: { readonly old: OldAddresses; readonly machine: Machine },
): string[] {
  if (clients === undefined) return [];
  const joined = clients.length > 0 ? clients.join(', ') : 'none yet';
  const notes = [`Nomad clients that have joined: ${joined}.`];
  if (old.private !== machine.privateAddress) {
    notes.push(
      `Other Nomad clients still carry ${old.private}:4647 in their launch configuration: set ` +
        `servers = ["${machine.privateAddress}:4647"] there and replace the instances.`,
    );
  }
  return notes;
}

/** What ran when the image was made claims to run for ever. */
export function aboutUnendingBuilds(settings: Settings, installation: string): string[] {
  if (!settings.hasCircleciApi) return [];
  const first = settings.copies.includes(settings.region)
    ? ', after runbook.yaml is corrected'
    : '';
  return [
    'Builds that ran at the backup claim to run for ever. To find them and to delete their ' +
      `records${first}: cleanUpBuilds ${JSON.stringify({ installation })}`,
  ];
}

/** What to change in runbook.yaml, so that the next backup finds the new machine. */
export function aboutConfiguration(settings: Settings, machine: Machine): string[] {
  if (settings.copies.includes(settings.region)) {
    return [
      `The installation is in ${settings.region} now: in runbook.yaml set region, launch, ssh and ` +
        'reachedBy to what `copies` says of it, and copies to the other regions; restart the worker. ' +
        'Backups look for the machine in the other region until then.',
    ];
  }
  const configured = settings.servicesMachineId;
  if (configured === undefined || configured === machine.instanceId) return [];
  return [
    `runbook.yaml still names ${configured}: set servicesMachine to ` +
      `{ instance: ${machine.instanceId} } and ssh.hostKeys to ['${machine.hostKeys.join("', '")}'], ` +
      'then restart the worker.',
  ];
}
