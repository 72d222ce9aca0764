/** One round over the receivers: in their order, or all that have not taken the message yet. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { createActivities } from '../../../src/activities';
import type { Round, TellInput } from '../../../src/activities/parts/people/tell-once';
import type { World } from '../../../src/world';
import type { Taking } from '../../../src/world/notify/receiver';
import { gateMessage } from '../../world/notify/messages';

/** Receivers by name, with what each answers; what was asked is kept. */
function worldOf(order: 'inOrder' | 'all', answers: Readonly<Record<string, Taking>>) {
  const asked: string[] = [];
  const all = Object.entries(answers).map(([name, taking]) => ({
    name,
    take: () => {
      asked.push(name);
      return Promise.resolve(taking);
    },
  }));
  return { asked, world: { receivers: { order, all } } as unknown as World };
}

function round(world: World, heard: readonly string[] = []): Promise<Round> {
  const activity = createActivities(world).tellPeople;
  const input = { message: gateMessage, heard };
  return new MockActivityEnvironment().run<[TellInput], Round, typeof activity>(activity, input);
}

const takes: Taking = { isTaken: true };
const busy: Taking = { isTaken: false, why: 'answered 503' };

test('the second is asked only when the first does not take it', async () => {
  const good = worldOf('inOrder', { pager: takes, mail: takes });
  expect(await round(good.world)).toMatchObject({ note: 'told pager', isEnough: true });
  expect(good.asked).toEqual(['pager']);

  const bad = worldOf('inOrder', { pager: busy, mail: takes });
  expect(await round(bad.world)).toMatchObject({
    note: 'told mail; pager: answered 503',
    isEnough: true,
    heard: [{ receiver: 'mail', times: 1 }],
    missed: [{ receiver: 'pager', why: 'answered 503' }],
  });
});

test('all are asked, and those that have it are left out of the next round', async () => {
  const { world, asked } = worldOf('all', { chat: takes, pager: busy, mail: takes });
  expect(await round(world)).toMatchObject({
    isEnough: false,
    heard: [{ receiver: 'chat' }, { receiver: 'mail' }],
    missed: [{ receiver: 'pager' }],
  });
  expect(asked).toEqual(['chat', 'pager', 'mail']);
  await expect(round(world, ['chat', 'mail'])).rejects.toMatchObject({
    type: 'NotTaken',
    nonRetryable: false,
    message: 'nobody took the message: pager: answered 503',
  });
  expect(asked).toEqual(['chat', 'pager', 'mail', 'pager']);
});

test('what nobody takes fails the attempt, so that Temporal tries again', async () => {
  const { world } = worldOf('inOrder', { pager: busy, mail: busy });
  await expect(round(world)).rejects.toMatchObject({
    type: 'NotTaken',
    nonRetryable: false,
    message: 'nobody took the message: pager: answered 503; mail: answered 503',
  });
});

test('without a receiver it says that nobody was told', async () => {
  const { world } = worldOf('inOrder', {});
  expect(await round(world)).toMatchObject({
    note: 'nobody was told: runbook.yaml names no receiver (notify)',
    isEnough: true,
    hasReceivers: false,
    heard: [],
  });
});
