/**
 * Barriers: a point after an effect and before its reply, where a test holds the lab, kills the
 * worker, and then lets the reply go.
 */
import type { LabJournal } from './shapes';

/** One armed point. It holds the first arrival only; a retry that comes later passes. */
export interface Barrier {
  readonly id: string;
  readonly point: string;
  /** Arrivals that pass before the one that is held. */
  readonly skip: number;
  readonly state: 'armed' | 'reached' | 'released';
  /** Resolves when somebody is held at the point, or the barrier is given up. */
  readonly reached: Promise<void>;
  release(): void;
}

/** All barriers of a lab. */
export interface Barriers {
  /** Arms a point: an EC2 action, `command:<name>`, `exec` or `exec-end`. */
  hold(point: string, skip?: number, text?: string): Barrier;
  find(id: string): Barrier | undefined;
  list(): readonly Barrier[];
  /** What the lab calls at each point; `text` is the line, of an `exec`. */
  atBarrier(point: string, text?: string): Promise<void>;
  releaseAll(): void;
}

/** Where a barrier stands: at a point, for those arrivals whose text holds this one. */
interface Post {
  readonly point: string;
  readonly skip: number;
  readonly text: string;
}

function makeBarrier(id: string, { point, skip, text: wanted }: Post) {
  let markReached = (): void => undefined;
  let open = (): void => undefined;
  const reached = new Promise<void>((resolve) => (markReached = resolve));
  const opened = new Promise<void>((resolve) => (open = resolve));
  let state: Barrier['state'] = 'armed';
  let left = skip;
  const barrier: Barrier = {
    id,
    point,
    skip,
    reached,
    get state() {
      return state;
    },
    release() {
      state = 'released';
      markReached();
      open();
    },
  };
  /** Whether this arrival is the one that is held. */
  function takes(arrival: string, text: string): boolean {
    if (state !== 'armed' || arrival !== point || !text.includes(wanted)) {
      return false;
    }
    left -= 1;
    return left < 0;
  }
  async function arrive(): Promise<void> {
    state = 'reached';
    markReached();
    await opened;
  }
  return { barrier, takes, arrive };
}

/** Makes the barriers of a lab; arming, reaching and releasing is journaled. */
export function createBarriers(journal: LabJournal): Barriers {
  const held: ReturnType<typeof makeBarrier>[] = [];
  return {
    hold(point, skip = 0, text = '') {
      const made = makeBarrier(`barrier-${String(held.length + 1)}`, { point, skip, text });
      held.push(made);
      journal.write({ kind: 'fault', text: `${made.barrier.id} armed at ${point}` });
      return made.barrier;
    },
    find: (id) => held.find(({ barrier }) => barrier.id === id)?.barrier,
    list: () => held.map(({ barrier }) => barrier),
    async atBarrier(point, text = '') {
      // Every armed barrier counts the arrival; only one can hold it.
      const [first] = held.filter((candidate) => candidate.takes(point, text));
      if (first === undefined) {
        return;
      }
      journal.write({ kind: 'fault', text: `${first.barrier.id} holds ${point}` });
      await first.arrive();
      journal.write({ kind: 'fault', text: `${first.barrier.id} lets ${point} go` });
    },
    releaseAll() {
      held.forEach(({ barrier }) => {
        barrier.release();
      });
    },
  };
}
