/** What will happen on a machine by itself, kept in its state so that a restarted lab goes on. */
import type { LabClock } from '../shapes';
import type { MachineState } from './state';

/** Tasks with a time; a handler for each kind is given once, by the part that owns it. */
export class Agenda {
  private readonly handlers = new Map<string, (argument: string) => void>();
  private readonly callOffs = new Set<() => void>();

  constructor(
    private readonly state: MachineState,
    private readonly clock: LabClock,
  ) {}

  on(task: string, handler: (argument: string) => void): void {
    this.handlers.set(task, handler);
  }

  get size(): number {
    return this.state.volatile.agenda.length;
  }

  plan(task: string, seconds: number, argument = ''): void {
    const entry = { at: this.clock.now() + seconds * 1000, task, argument };
    this.state.volatile.agenda.push(entry);
    this.state.save();
    this.arm(entry, seconds);
  }

  /** Takes a task off, with all arguments or the given one. */
  cancel(task: string, argument?: string): void {
    const { volatile } = this.state;
    volatile.agenda = volatile.agenda.filter(
      (entry) => entry.task !== task || (argument !== undefined && entry.argument !== argument),
    );
    this.state.save();
  }

  /** Arms everything that a lab before this one had planned. */
  resume(): void {
    for (const entry of this.state.volatile.agenda) {
      this.arm(entry, Math.max(0, (entry.at - this.clock.now()) / 1000));
    }
  }

  clear(): void {
    this.callOffs.forEach((callOff) => {
      callOff();
    });
    this.callOffs.clear();
    this.state.volatile.agenda = [];
    this.state.save();
  }

  private arm(entry: { task: string; argument: string }, seconds: number): void {
    const callOff = this.clock.after(seconds, () => {
      this.callOffs.delete(callOff);
      const { agenda } = this.state.volatile;
      const index = agenda.findIndex((planned) => planned === entry);
      if (index >= 0) {
        agenda.splice(index, 1);
        this.state.save();
        this.handlers.get(entry.task)?.(entry.argument);
      }
    });
    this.callOffs.add(callOff);
  }
}
