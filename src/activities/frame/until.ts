/** Looks again and again until something is so, a limit passes, or the run is cancelled. */
import { sleep } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';

/** Polls; resolves to what `look` found, or undefined after the limit. Monotonic time. */
export async function until<T>(
  { limitSeconds, pollSeconds }: { readonly limitSeconds: number; readonly pollSeconds: number },
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const deadline = performance.now() + limitSeconds * 1000;
  for (;;) {
    const found = await look().catch(patient);
    if (found !== undefined) return found;
    if (performance.now() + pollSeconds * 1000 > deadline) return undefined;
    await sleep(pollSeconds * 1000);
  }
}

/** Whether only a person can help, so that waiting does not. */
export function isFinal(error: unknown): boolean {
  return error instanceof ApplicationFailure && error.nonRetryable === true;
}

/** AWS that does not answer for a minute must not end a wait of hours. */
function patient(error: unknown): undefined {
  const isBrownout =
    error instanceof ApplicationFailure && error.type === 'AwsUnavailable' && !error.nonRetryable;
  if (!isBrownout) throw error;
}
