/** `flock` in the portable shell: who holds which lock file of a machine. */
import type { LabClock } from '../shapes';

/** Locks by path; a lock belongs to a process and ends with it. */
export class Locks {
  private readonly holders = new Map<string, object>();
  private readonly waiting = new Set<() => void>();

  /** Takes the lock within the simulated seconds; false when somebody else keeps it. */
  async take(
    path: string,
    process: object,
    patience: { readonly clock: LabClock; readonly seconds: number },
  ): Promise<boolean> {
    const deadline = patience.clock.now() + patience.seconds * 1000;
    for (;;) {
      const holder = this.holders.get(path);
      if (holder === undefined || holder === process) {
        this.holders.set(path, process);
        return true;
      }
      const left = (deadline - patience.clock.now()) / 1000;
      if (left <= 0) {
        return false;
      }
      await this.change(patience.clock, left);
    }
  }

  /** Lets go of one lock, or of all that the process holds. */
  release(process: object, only?: string): void {
    for (const [path, holder] of this.holders) {
      if (holder === process && (only ?? path) === path) {
        this.holders.delete(path);
      }
    }
    [...this.waiting].forEach((wake) => {
      wake();
    });
  }

  private change(clock: LabClock, seconds: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        callOff();
        this.waiting.delete(wake);
        resolve();
      };
      const callOff = clock.after(seconds, wake);
      this.waiting.add(wake);
    });
  }
}
