/**
 * Takes a spare machine over: from now on it counts as one that this restore has made. Its units
 * stay sealed until its addresses are right.
 *
 * Looks at: the machine's state. Changes: its tags, its security groups, and starts it if it is
 * stopped. Safe to repeat because: each is the same the second time.
 */
import { refuse } from '../../../contract/failures';
import { printable } from '../../../contract/printable';
import { tagNames } from '../../../machine/backups/tags';
import type { Ec2 } from '../../../world/ec2';
import type { Outcome } from '../../frame/attempt';
import { isGone } from './launch-once';
import { isReady, isSpare } from './spares';
import { until } from '../../frame/until';

interface Order {
  readonly instanceId: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly groups: readonly string[];
}

interface Place {
  readonly ec2: Ec2;
  readonly limits: { readonly launch: number; readonly poll: number };
}

/** Days may have passed since the plan: another run may have taken it over, or be at retiring it. */
async function requireFree(ec2: Ec2, id: string, own: Order['tags']): Promise<void> {
  const [now] = await ec2.instances({ ids: [id] });
  if (now === undefined) return;
  const isOurs = now.tags[tagNames.firstRun] === own[tagNames.firstRun];
  if (isOurs || (isSpare(now) && isReady(now) && !isGone(now))) return;
  const seen = [now.tags[tagNames.kind], now.tags[tagNames.state], now.state].filter(Boolean);
  throw refuse(
    'MachineNotFound',
    `${id} is not the ready spare of the plan any more: it is ${printable(seen.join(', '))}. It is ` +
      'left as it is. Abort, then start again without "from": a new machine is launched.',
  );
}

export async function takeOver(
  { ec2, limits }: Place,
  { instanceId, tags, groups }: Order,
): Promise<Outcome & { readonly instanceId: string }> {
  await requireFree(ec2, instanceId, tags);
  // The tags first: whatever happens next, the machine is this run's and nobody retires it.
  await ec2.tag([instanceId], tags);
  await ec2.changeSecurityGroups(instanceId, groups);
  let seen = 'not visible';
  const started = await until(
    { limitSeconds: limits.launch, pollSeconds: limits.poll },
    async () => {
      const [instance] = await ec2.instances({ ids: [instanceId] });
      seen = instance?.state ?? 'not visible';
      if (instance?.state === 'stopped') await ec2.startInstance(instanceId);
      return ['pending', 'running', 'terminated', 'shutting-down'].includes(seen)
        ? true
        : undefined;
    },
  );
  if (started) return { note: `the spare ${instanceId} is taken over; it is ${seen}`, instanceId };
  throw refuse(
    'InstanceNotHealthy',
    `The spare ${instanceId} did not start within ${String(limits.launch)} s; it is ${seen}. Look ` +
      'at it in EC2, then retry.',
  );
}
