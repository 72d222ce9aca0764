import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { attempted, type Outcome, type Say } from '../../../src/activities/frame/attempt';
import { until } from '../../../src/activities/frame/until';
import { tryAgain } from '../../../src/contract/failures';

const environmentAt = (info: ConstructorParameters<typeof MockActivityEnvironment>[0] = {}) =>
  new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });

const fine = (): Promise<Outcome> => Promise.resolve({ note: 'done' });

function beatsOf(environment: MockActivityEnvironment): unknown[] {
  const beats: unknown[] = [];
  environment.on('heartbeat', (details: unknown) => beats.push(details));
  return beats;
}

describe('an activity', () => {
  test('tells the number of its attempt and what went wrong before', async () => {
    const environment = environmentAt({
      attempt: 2,
      heartbeatDetails: { progress: 'x', errors: ['attempt 1: AWS asked to slow down'] },
    });
    expect(await environment.run(attempted(fine), undefined)).toEqual({
      note: 'done',
      attempts: 2,
      errors: ['attempt 1: AWS asked to slow down'],
    });
  });

  test('says so when an attempt left no word, as after a crash of the worker', async () => {
    const environment = environmentAt({ attempt: 2 });
    expect(await environment.run(attempted(fine), undefined)).toMatchObject({
      errors: ['attempt 1: no word from the worker (stopped or cut off)'],
    });
  });

  test('keeps its error for the next attempt, in its last heartbeat', async () => {
    const environment = environmentAt({ attempt: 1 });
    const beats = beatsOf(environment);
    const fails = attempted<undefined, Outcome>(() => {
      throw tryAgain('AwsUnavailable', 'AWS did not answer.');
    });
    await expect(environment.run(fails, undefined)).rejects.toThrow('AWS did not answer.');
    expect(beats.at(-1)).toEqual({
      progress: 'working',
      errors: ['attempt 1: AWS did not answer.'],
    });
  });

  test('gives the whole story with its failure, and keeps type and kind', async () => {
    const environment = environmentAt({ attempt: 1 });
    const fails = attempted<undefined, Outcome>(() => {
      throw ApplicationFailure.create({ type: 'AwsDenied', message: 'no', nonRetryable: true });
    });
    const failure = await environment.run(fails, undefined).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      type: 'AwsDenied',
      nonRetryable: true,
      details: [{ attempts: 1, errors: ['attempt 1: no'] }],
    });
  });

  test('shows what it is at', async () => {
    const environment = environmentAt();
    const beats = beatsOf(environment);
    const speaks = attempted((_: undefined, say: Say) => {
      say('snapshots 37%');
      return fine();
    });
    await environment.run(speaks, undefined);
    expect(beats).toContainEqual({ progress: 'snapshots 37%', errors: [] });
  });
});

describe('waiting until something is so', () => {
  const pace = { limitSeconds: 0.2, pollSeconds: 0.01 };

  test('ends with what was found', async () => {
    let looks = 0;
    const environment = environmentAt();
    const wait = (): Promise<number | undefined> =>
      until(pace, () => Promise.resolve((looks += 1) === 3 ? looks : undefined));
    expect(await environment.run(wait)).toBe(3);
  });

  test('ends with nothing after its limit', async () => {
    const environment = environmentAt();
    const wait = (): Promise<unknown> => until(pace, () => Promise.resolve(undefined));
    expect(await environment.run(wait)).toBeUndefined();
  });

  test('ends when the run is cancelled', async () => {
    const environment = environmentAt();
    const wait = (): Promise<unknown> =>
      until({ ...pace, limitSeconds: 30 }, () => Promise.resolve(undefined));
    const ended = environment.run(wait).catch((error: unknown) => error);
    environment.cancel('CANCELLED');
    expect(await ended).toBeInstanceOf(CancelledFailure);
  });
});
