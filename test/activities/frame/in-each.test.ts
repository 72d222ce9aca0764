import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { inEach } from '../../../src/activities/frame/in-each';
import { refuse, tryAgain } from '../../../src/contract/failures';

const regions = ['us-east-1', 'us-west-2', 'eu-west-1'];

async function failureOf(work: (region: string) => Promise<string>): Promise<ApplicationFailure> {
  const error: unknown = await inEach(regions, work).catch((reason: unknown) => reason);
  if (error instanceof ApplicationFailure) return error;
  throw error;
}

it('gives the results in the order of the regions', async () => {
  await expect(inEach(regions, (region) => Promise.resolve(region))).resolves.toEqual(regions);
});

it('lets the others finish, then tells every failure with its region', async () => {
  const done: string[] = [];
  const failure = await failureOf(async (region) => {
    if (region === 'us-east-1') throw tryAgain('AwsUnavailable', 'it is busy.');
    if (region === 'us-west-2') throw tryAgain('AwsUnavailable', 'it is silent.');
    await Promise.resolve();
    done.push(region);
    return region;
  });
  expect(done).toEqual(['eu-west-1']);
  expect(failure).toMatchObject({ type: 'AwsUnavailable', nonRetryable: false });
  expect(failure.message).toBe('us-east-1: it is busy. us-west-2: it is silent.');
});

it('asks a person as soon as one failure needs one', async () => {
  const failure = await failureOf((region) => {
    const fails = region === 'eu-west-1' ? refuse : tryAgain;
    return Promise.reject(fails(region === 'eu-west-1' ? 'ImageFailed' : 'AwsUnavailable', 'no.'));
  });
  expect(failure).toMatchObject({ type: 'ImageFailed', nonRetryable: true });
});

it('passes a cancellation on as one', async () => {
  const cancelled = new CancelledFailure('cancelled');
  await expect(inEach(regions, () => Promise.reject(cancelled))).rejects.toBe(cancelled);
});
