/** What the gates of a drill say to the person who decides. Markdown; pure. */
import { code, list, prose, paragraphs } from '../../contract/markdown';
import type { DrillPlan, Machine } from '../../contract/plan';
import type { DrillRequest } from '../../contract/requests';
import type { Approval } from '../frame/runbook';

/** A machine that is tried under a hostname of its own. */
interface Tried {
  readonly machine: Machine;
  readonly hostname: string;
}

/** A drill's own OAuth application: that of the live installation must not lead here. */
export function toCreateOAuth(
  { ask: asked }: DrillPlan,
  { machine: { instanceId }, hostname }: Tried,
  { unattended }: DrillRequest,
): Approval {
  return {
    name: 'oauth',
    details: paragraphs(
      prose`To log in to the application on ${instanceId}, create a new GitHub OAuth application for this
      drill, and enter its client id and secret in the Management Console of that machine:`,
      list([
        prose`Homepage URL: ${code(`https://${hostname}`)}`,
        prose`Authorization callback URL: ${code(`https://${hostname}/auth/github`)}`,
      ]),
      prose`Leave the application of the live installation as it is.`,
    ),
    notNeeded: whyUnasked(asked.includes('oauth'), unattended),
  };
}

/** Whether a person got in. A rejection is the drill's verdict. */
export function toLogIn(
  { ask: asked, expires }: DrillPlan,
  { machine: { privateAddress, publicAddress }, hostname }: Tried,
  { unattended }: DrillRequest,
): Approval {
  const reached = [privateAddress, publicAddress].filter(Boolean).join(' or ');
  return {
    name: 'login',
    details: prose`Open ${code(`https://${hostname}`)} (let the name lead to ${reached} on your own computer), log in, and
      look at a project and a build. Approve if that worked, reject if not. The machine ends itself
      at ${expires}.`,
    notNeeded: whyUnasked(asked.includes('login'), unattended),
  };
}

function whyUnasked(isConfigured: boolean, unattended: boolean): string | undefined {
  if (!isConfigured) return 'runbook.yaml does not ask for it';
  return unattended ? 'nobody watches this drill' : undefined;
}
