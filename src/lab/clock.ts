/** Simulated time: AWS's minutes take seconds, and a lab that is started again goes on from then. */
import type { LabClock } from './shapes';

/** A lab clock that can be stopped: nothing that waits for it happens afterwards. */
export interface StoppableClock extends LabClock {
  /** Simulated seconds that pass in one real second. */
  readonly speed: number;
  stop(): void;
}

/** Starts simulated time at the given instant (milliseconds since the epoch). */
export function startClock(speed: number, startedAt: number): StoppableClock {
  if (!(speed > 0)) {
    throw new RangeError(`The speed of the lab must be above 0, not ${String(speed)}.`);
  }
  const realStart = performance.now();
  const pending = new Set<NodeJS.Timeout>();
  let stopped = false;

  function after(simulatedSeconds: number, action: () => void): () => void {
    if (stopped) {
      return () => undefined;
    }
    const timer = setTimeout(
      () => {
        pending.delete(timer);
        action();
      },
      Math.max(0, (simulatedSeconds * 1000) / speed),
    );
    pending.add(timer);
    return () => {
      pending.delete(timer);
      clearTimeout(timer);
    };
  }

  return {
    speed,
    now: () => Math.round(startedAt + (performance.now() - realStart) * speed),
    after,
    sleep: (simulatedSeconds) =>
      new Promise((resolve) => {
        after(simulatedSeconds, resolve);
      }),
    stop() {
      stopped = true;
      pending.forEach((timer) => {
        clearTimeout(timer);
      });
      pending.clear();
    },
  };
}
