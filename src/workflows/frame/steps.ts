/** Steps: one activity each, with a title in the timeline, a line in the journal, and an owner of
 * failure → person → retry. */
import { isCancellation } from '@temporalio/workflow';
import type { Activities } from '../../activities';
import type { OfRun } from '../../activities/frame/late';
import { message, prose } from '../../contract/markdown';
import type { JournalEntry } from '../../contract/journal';
import { refuse, type FailureType } from '../../contract/failures';
import type { Machine, Settings } from '../../contract/plan';
import { leaveMachine, waitsFor, type Act } from './acts';
import { troubleOf, type Trouble } from './failures';
import type { Gates } from './gates';
import { perform, type How, type Input, type Output } from './perform';
import type { RunState } from './state';

/** An input, or how to make it anew for each try of the step. */
type Given<A extends keyof Activities> = Input<A> | (() => Input<A>);
/** Only a step that can be skipped may come back without a result. */
type Skipped<S extends boolean> = S extends true ? undefined : never;

/** The machine that an activity works on, if its input names one. */
function machineIn(input: unknown): Machine | undefined {
  return (input as { readonly machine?: Machine } | undefined)?.machine;
}

/** A refusal of the request itself: no retry mends it, so the run ends and says why. */
function endsRun({ refusals }: Act<keyof Activities>, error: unknown): boolean {
  const { type } = troubleOf(error);
  return refusals.some((one) => one === type);
}

/** The reason that a person gave, as the end of a sentence. */
export function because(note: string | undefined): string {
  return note === undefined ? '' : `: ${note}`;
}

/** A claim that was taken, and how it is taken again. */
export interface HeldClaim {
  readonly id: string;
  /** Fails where another open run holds it. */
  readonly retake: () => Promise<void>;
}

/** Runs steps and asks a person when one fails. */
export class Steps {
  settings: Settings | undefined;
  ofRun: OfRun;
  /** Machines on which the last step has not come to an end that anybody heard of. */
  readonly #open = new Map<string, Machine>();
  /** How often a person asked for a step again, by its title and the failure it was about. */
  readonly #retries = new Map<string, number>();

  constructor(
    private readonly state: RunState,
    private readonly gates: Gates,
    private readonly gateSeconds: () => number,
  ) {
    this.ofRun = {
      epoch: Date.now(),
      lane: state.runbook === 'cleanUpBuilds' ? 'builds' : 'machine',
    };
  }

  /** From now on machines take this run for the newest of its lane; it has just claimed its place. */
  renewEpoch(): void {
    this.ofRun = { ...this.ofRun, epoch: Date.now() };
  }

  /** How an activity of this run is run. */
  how(summary: string): How {
    return { summary, settings: this.settings, ofRun: this.ofRun };
  }

  /** Runs the step; a failure opens a gate. Gives undefined when a person skipped it. */
  async step<A extends keyof Activities, S extends boolean>(
    title: string,
    act: Act<A, S>,
    input: Given<A>,
  ): Promise<Output<A> | Skipped<S>> {
    for (;;) {
      try {
        return await this.attempt(title, act, input);
      } catch (error) {
        if (isCancellation(error) || endsRun(act, error)) throw error;
        const choice = await this.askAboutFailure(title, troubleOf(error), act.skippable);
        if (choice === 'skip') {
          this.markSkipped(title);
          return undefined as Skipped<S>;
        }
        for (const look of this.looks) await look();
      }
    }
  }

  /** The claim that every step works under. */
  claim: HeldClaim | undefined;
  /** Why the run may do nothing any more: another one holds its claim. */
  over: Error | undefined;
  /** What is looked at again before a step that a person has asked for once more. */
  readonly looks: (() => Promise<unknown>)[] = [];

  /** How often a person asked for the step again, after failures of that type. */
  retriesOf(title: string, type: FailureType): number {
    return this.#retries.get(`${title}/${type}`) ?? 0;
  }

  /** Runs the step; a failure is journaled and thrown on. */
  async attempt<A extends keyof Activities>(
    title: string,
    act: Act<A>,
    input: Given<A>,
  ): Promise<Output<A>> {
    const entry = this.state.open('step', title, 'running');
    entry.waitsFor = waitsFor(act);
    try {
      const given = typeof input === 'function' ? input() : input;
      const machine = machineIn(given);
      if (machine) this.#open.set(machine.instanceId, machine);
      const outcome = await this.performClaimed(title, act, given);
      if (machine) this.#open.delete(machine.instanceId);
      // What an earlier attempt did is found done by the next: that is not "not needed".
      const earlier = this.state.journal.some(
        (line) => line !== entry && line.title === title && line.state !== 'later',
      );
      const first = outcome.attempts === 1 && !earlier;
      this.state.close(entry, outcome.notNeeded && first ? 'not needed' : 'done', {
        note: outcome.note,
        attempts: outcome.attempts,
        ...(outcome.errors.length > 0 ? { errors: [...outcome.errors] } : {}),
      });
      return outcome;
    } catch (error) {
      this.fail(entry, error);
      throw error;
    }
  }

  /** A run that was closed and reset takes its claim again before its next step, or ends. */
  private async performClaimed<A extends keyof Activities>(
    summary: string,
    act: Act<A>,
    input: Input<A>,
  ): Promise<Output<A>> {
    for (;;) {
      if (this.over !== undefined) throw this.over;
      const claim = act.needsClaim ? this.claim : undefined;
      try {
        const how = this.how(summary);
        const ofRun = claim ? { ...this.ofRun, claim: claim.id } : this.ofRun;
        return await perform(act, input, { ...how, ofRun });
      } catch (error) {
        if (claim === undefined || troubleOf(error).type !== 'ClaimLost') throw error;
        await claim.retake().catch((held: unknown) => {
          if (held instanceof Error && !isCancellation(held)) this.over = held;
          throw held;
        });
      }
    }
  }

  /** Runs the step; a failure is journaled, and nothing comes back. */
  async tried<A extends keyof Activities>(
    title: string,
    act: Act<A>,
    input: Given<A>,
  ): Promise<Output<A> | undefined> {
    return this.attempt(title, act, input).catch((error: unknown) => {
      if (isCancellation(error) || this.over !== undefined) throw error;
      return undefined;
    });
  }

  /**
   * Tells each machine on which a step was cut off that this run has ended. A note for each that
   * could not be told.
   */
  async leave(): Promise<void> {
    // The machine listens to the run that holds the claim by now.
    if (this.over !== undefined) return;
    for (const machine of this.#open.values()) {
      const { instanceId } = machine;
      const summary = `Tell ${instanceId} that the run has ended`;
      const { hasLeft, note } = await perform(leaveMachine, { machine }, this.how(summary)).catch(
        (error: unknown) => ({ hasLeft: false, note: troubleOf(error).message }),
      );
      if (hasLeft) continue;
      this.state.findings.notes.push(
        `${instanceId} could not be told that this run has ended: ${note}. A worker that was cut off ` +
          'in the last step could still send a command there: see that no other worker of this run is left.',
      );
    }
  }

  /** Journals a step that does not apply. */
  notNeeded(title: string, why: string): void {
    this.state.close(this.state.open('step', title, 'running'), 'not needed', { note: why });
  }

  /** Journals a line whose place has come, and that can be done only further down. */
  later(title: string, why: string): void {
    this.state.close(this.state.open('step', title, 'running'), 'later', { note: why });
  }

  /** The last try of the line was refused, and another one follows by itself. */
  passOver(title: string): void {
    const last = this.state.journal.findLast((entry) => entry.title === title);
    if (last) this.state.close(last, 'passed over');
  }

  /** The last try of the line counts as skipped: it has its place in the runbook all the same. */
  private markSkipped(title: string): void {
    const last = this.state.journal.findLast((entry) => entry.title === title);
    if (last) this.state.close(last, 'skipped');
  }

  private fail(entry: JournalEntry, error: unknown): void {
    if (isCancellation(error)) {
      this.state.close(entry, 'cancelled');
      return;
    }
    const { type, message, attempts, errors, checks } = troubleOf(error);
    if (checks) this.state.findings.checks = checks;
    const note = `${type}: ${message}`;
    this.state.close(entry, 'failed', { note, attempts, errors: [...errors] });
  }

  /** Opens the gate of a failed step: retry and skip come back, the other answers end the run. */
  async askAboutFailure(
    title: string,
    trouble: Trouble,
    skippable: boolean,
  ): Promise<'retry' | 'skip'> {
    // Nobody can help a run whose work another one does.
    if (this.over !== undefined) throw this.over;
    // A newer run is at it: what anybody would answer here comes late, too.
    if (trouble.type === 'Superseded') throw refuse('Superseded', trouble.message);
    const name = `failed: ${title}`;
    const entry = this.state.open('failure', name, 'waiting');
    const { gate, reply } = await this.gates
      .ask({
        name: 'failed',
        title: name,
        details: prose`**${trouble.type}** ${message(trouble.message)}`,
        answers: skippable ? ['retry', 'skip', 'abort'] : ['retry', 'abort'],
        seconds: this.gateSeconds(),
      })
      .catch((error: unknown) => {
        this.state.close(entry, 'cancelled');
        throw error;
      });
    if (reply.answer === 'expired') {
      this.state.close(entry, 'expired', { gate });
      throw refuse(
        'GateExpired',
        `Nobody said what to do about "${title}" in time. The report lists what is left to do.`,
      );
    }
    const { by, note, answer } = reply;
    const decided = `${answer}${because(note)}`;
    if (answer === 'retry') {
      const key = `${title}/${trouble.type}`;
      this.#retries.set(key, (this.#retries.get(key) ?? 0) + 1);
      this.state.close(entry, 'done', { gate, by, note: decided });
      return 'retry';
    }
    if (answer === 'skip') {
      this.state.close(entry, 'skipped', { gate, by, note: decided });
      this.state.findings.notes.push(`${by} skipped "${title}": ${note ?? ''}`);
      return 'skip';
    }
    this.state.close(entry, 'rejected', { gate, by, note: decided });
    throw refuse(
      'Aborted',
      `${by} aborted the run at "${title}"${because(note)}. The report lists what is left to do.`,
    );
  }
}
