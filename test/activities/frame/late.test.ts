import type { Client } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { fenceOf, rememberRun, withoutLateEffects } from '../../../src/activities/frame/late';
import { Context } from '@temporalio/activity';
import type { Fence } from '../../../src/machine/shell/fence';
import type { World } from '../../../src/world';

const workflowExecution = { workflowId: 'restore-prod', runId: 'run-1' };

interface Answer {
  readonly pending?: readonly { readonly activityId: string; readonly attempt: number }[];
  readonly error?: Error;
}

/** An attempt of the activity `7`, in a world that counts what reaches AWS. */
function attemptIn(answer: Answer, attempt = 1) {
  const sent: string[] = [];
  const asked: string[] = [];
  const getHandle = (workflowId: string, runId: string): unknown => ({
    describe: () => {
      asked.push(`${workflowId} ${runId}`);
      return answer.error
        ? Promise.reject(answer.error)
        : Promise.resolve({ raw: { pendingActivities: answer.pending ?? [] } });
    },
  });
  const call = (name: string) => () => {
    sent.push(name);
    return Promise.resolve([]);
  };
  const ec2 = { terminateInstance: call('terminate'), instances: call('look') };
  const world = withoutLateEffects({ ec2: () => ec2 } as unknown as World);
  const environment = new MockActivityEnvironment(
    { workflowExecution, activityId: '7', attempt, activityType: 'endDrill' },
    {
      client: {
        workflow: { getHandle },
        withAbortSignal: (_: AbortSignal, call: () => unknown): unknown => call(),
      } as unknown as Client,
      logger: new DefaultLogger('ERROR'),
    },
  );
  const end = (): Promise<unknown> =>
    environment.run(() => world.ec2('eu-west-1').terminateInstance('i-1'));
  return { environment, world, sent, asked, end };
}

describe('a call that changes something in AWS', () => {
  it('is sent by the attempt that Temporal waits for', async () => {
    const { end, sent, asked } = attemptIn({ pending: [{ activityId: '7', attempt: 1 }] });
    await end();
    expect(sent).toEqual(['terminate']);
    expect(asked).toEqual(['restore-prod run-1']);
  });

  it.each<[string, Answer]>([
    ['once another attempt has begun', { pending: [{ activityId: '7', attempt: 2 }] }],
    ['once the run waits for another step', { pending: [{ activityId: '8', attempt: 1 }] }],
    ['once the run is closed', { pending: [] }],
    [
      'once the run is gone',
      { error: Object.assign(new Error(), { name: 'WorkflowNotFoundError' }) },
    ],
  ])('is not sent %s', async (_, answer) => {
    const { end, sent } = attemptIn(answer);
    await expect(end()).rejects.toMatchObject({ type: 'Superseded', nonRetryable: true });
    expect(sent).toEqual([]);
  });

  it('is not sent while Temporal does not answer, and is tried again', async () => {
    const { end, sent } = attemptIn({ error: new Error('14 UNAVAILABLE') });
    await expect(end()).rejects.toMatchObject({ type: 'TemporalSilent', nonRetryable: false });
    expect(sent).toEqual([]);
  });

  it('asks again each time: what was so before the last call may have changed', async () => {
    const pending = [{ activityId: '7', attempt: 1 }];
    const { environment, world, sent } = attemptIn({ pending });
    const both = environment.run(async () => {
      const ec2 = world.ec2('eu-west-1');
      await ec2.terminateInstance('i-1');
      pending.length = 0;
      await ec2.terminateInstance('i-2');
    });
    await expect(both).rejects.toMatchObject({ type: 'Superseded' });
    expect(sent).toEqual(['terminate']);
  });

  it('leaves looks alone', async () => {
    const { environment, world, sent, asked } = attemptIn({});
    await environment.run(() => world.ec2('eu-west-1').instances({}));
    expect(sent).toEqual(['look']);
    expect(asked).toEqual([]);
  });
});

describe('the token of an attempt', () => {
  const tokenOf = (
    told: Parameters<typeof rememberRun>[1],
    info: ConstructorParameters<typeof MockActivityEnvironment>[0] = {},
  ) =>
    new MockActivityEnvironment({
      workflowExecution,
      activityType: 'stopApp',
      scheduledTimestampMs: 5000,
      currentAttemptScheduledTimestampMs: 7000.4,
      ...info,
    }).run(() => {
      rememberRun(Context.current(), told);
      return Promise.resolve(fenceOf('i-1'));
    });

  it('is what the server assigned, with the epoch of the run', async () => {
    expect(await tokenOf({ epoch: 1234, lane: 'builds' })).toEqual({
      instanceId: 'i-1',
      lane: 'builds',
      token: { epoch: 1234, time: 7000, run: 'run-1' },
      step: 'stopApp of restore-prod',
    });
  });

  it('of a run that tells no epoch goes by the time of its step', async () => {
    expect(await tokenOf(undefined)).toMatchObject({ lane: 'machine', token: { epoch: 5000 } });
  });

  it('names its step in one line, whatever the id of the run', async () => {
    const fence = await tokenOf(undefined, {
      workflowExecution: { workflowId: 'a\nb', runId: 'r' },
    });
    expect((fence as Fence).step).toBe('stopApp of a\\u{a}b');
  });

  it('is none outside of an attempt: nobody is late there', () => {
    expect(fenceOf('i-1')).toBeUndefined();
  });
});
