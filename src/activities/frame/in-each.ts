/** The same work in several regions: one that fails does not keep the others from being done. */
import { ApplicationFailure } from '@temporalio/common';
import { refuse, tryAgain, type FailureType } from '../../contract/failures';

/** An image in a region. */
export interface InRegion {
  readonly region: string;
  readonly imageId: string;
}

/**
 * Does the work in every region at once and gives all results. When some fail, their messages are
 * told together, each with its region, after the others are done.
 */
export async function inEach<T>(
  regions: readonly string[],
  work: (region: string) => Promise<T>,
): Promise<T[]> {
  const outcomes = await Promise.allSettled(regions.map((region) => work(region)));
  const results: T[] = [];
  const failures: { region: string; error: ApplicationFailure }[] = [];
  outcomes.forEach((outcome, index) => {
    if (outcome.status === 'fulfilled') {
      results.push(outcome.value);
      return;
    }
    // A cancellation, and what nobody foresaw, is no matter of one region.
    if (!(outcome.reason instanceof ApplicationFailure)) throw outcome.reason;
    failures.push({ region: regions[index] ?? '', error: outcome.reason });
  });
  const [first] = failures;
  if (first === undefined) return results;
  const message = failures.map(({ region, error }) => `${region}: ${error.message}`).join(' ');
  // What only a person can mend is told at once, also when something else might mend itself; a copy
  // that AWS gave up first, because another one is made only after that.
  const final = failures.filter(({ error }) => error.nonRetryable === true);
  const hard = final.find(({ error }) => error.type === 'ImageFailed') ?? final[0];
  const fail = hard ? refuse : tryAgain;
  throw fail((hard ?? first).error.type as FailureType, message);
}
