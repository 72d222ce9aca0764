/** Ctrl-C and its like. */

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Waits for Ctrl-C (or SIGTERM, SIGHUP), or for the other thing to end by itself. */
export async function untilInterrupted(ended: Promise<unknown>): Promise<'interrupted' | 'ended'> {
  let interrupted = (): void => undefined;
  const signalled = new Promise<'interrupted'>((resolve) => {
    interrupted = () => {
      resolve('interrupted');
    };
  });
  for (const signal of signals) process.on(signal, interrupted);
  try {
    return await Promise.race([signalled, ended.then(() => 'ended' as const)]);
  } finally {
    for (const signal of signals) process.off(signal, interrupted);
  }
}

/** Runs the work to its end: an impatient second Ctrl-C must not leave children behind. */
export async function uninterrupted(work: () => Promise<void>): Promise<void> {
  const ignore = (): void => undefined;
  for (const signal of signals) process.on(signal, ignore);
  try {
    await work();
  } finally {
    for (const signal of signals) process.off(signal, ignore);
  }
}
