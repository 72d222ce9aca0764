/** What a restore asks where it is not certain that the image holds the databases. Markdown; pure. */
import { list, prose, nothing, paragraphs } from '../../contract/markdown';
import type { RestorePlan } from '../../contract/plan';
import type { RestoreRequest } from '../../contract/requests';
import type { Whereabouts } from '../../machine/databases/judge';
import type { Approval } from '../frame/runbook';

const certain: Readonly<Partial<Record<Whereabouts, string>>> = {
  inside: 'the image holds them',
  outside: 'they are elsewhere, as the request acknowledges',
  partly: 'some are elsewhere, as the request acknowledges',
};

/** A clone of a machine whose databases are elsewhere writes into the live ones. */
export function aboutDatabases(
  { databases, imageId }: Pick<RestorePlan, 'databases' | 'imageId'>,
  { acknowledge }: Pick<RestoreRequest, 'acknowledge'>,
): Approval {
  const name = 'databases';
  if (databases === undefined) return { name, details: nothing, notNeeded: 'the plan did not ask' };
  const { verdict, signs } = databases;
  const why = verdict === 'disagree' ? 'the signs disagree' : 'nothing tells for certain';
  const acknowledged = acknowledge.includes('external-services')
    ? `${why}; the request acknowledges that they may be elsewhere`
    : undefined;
  return {
    name,
    details: paragraphs(
      prose`Does **${imageId}** hold the databases (PostgreSQL, MongoDB, Vault, Redis, RabbitMQ)?
      ${verdict === 'disagree' ? 'The signs disagree' : 'Nothing tells for certain'}:`,
      list(signs),
      prose`Approve if it does, or if those on other machines have been restored to the same time: the
restored app writes into them. Reject if they are elsewhere and have not. \`externalServices\`
in runbook.yaml says it for the next time.`,
    ),
    notNeeded: certain[verdict] ?? acknowledged,
  };
}
