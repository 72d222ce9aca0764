/**
 * Approvals with facts behind them. What a gate said is read again after its answer, and again before
 * the effect: if it differs in a way that matters, the gate opens again, and shows the difference
 * first. So an approval that comes days late approves nothing that its sender has not seen.
 */
import { isCancellation } from '@temporalio/workflow';
import { list, prose, paragraphs, type Markdown } from '../../contract/markdown';
import type { Decision } from '../../contract/messages';
import { troubleOf } from './failures';
import type { Approval, Run } from './runbook';

/** One gate over facts of the kind `F`. */
export interface FactGate<F> {
  readonly title: string;
  /** The question by these facts; with `notNeeded` where they raise none. */
  readonly about: (facts: F) => Approval;
  /** What has changed since they were approved, or is not as the approval demands; one line each. */
  readonly differs: (approved: F, now: F) => readonly (Markdown | string)[];
  /** What a person has said beside the approval itself. */
  readonly heard?: (decision: Decision, facts: F) => void;
}

/** Gates over the same facts, in their order. */
export class FactGates<F> {
  /** The facts on which each was approved at last. */
  private approved = new Map<FactGate<F>, F>();

  constructor(
    private readonly run: Run,
    private readonly gates: readonly FactGate<F>[],
    private readonly look: () => Promise<F>,
  ) {}

  /** The same approvals, of these gates only. */
  only(gates: readonly FactGate<F>[]): FactGates<F> {
    const some = new FactGates(this.run, gates, this.look);
    some.approved = this.approved;
    return some;
  }

  /**
   * Asks what has not been approved yet, or is not any more, until all stands on facts that nobody
   * had to wait for; gives them. `known` are facts that were read just now.
   */
  async stand(known?: F): Promise<F> {
    let facts = known ?? (await this.look());
    for (let isAsked = true; isAsked;) {
      isAsked = false;
      for (const gate of this.gates) {
        if (!(await this.ask(gate, facts))) continue;
        isAsked = true;
        // Its answer may have taken days: neither this question nor the next stands on old facts.
        facts = await this.look();
      }
    }
    return facts;
  }

  /** Whether a person was asked. */
  private async ask(gate: FactGate<F>, facts: F): Promise<boolean> {
    const before = this.approved.get(gate);
    const changes = before === undefined ? [] : gate.differs(before, facts);
    if (before !== undefined && changes.length === 0) return false;
    const question = gate.about(facts);
    const isAnswered = question.notNeeded === undefined;
    // What has become needless since is no line of its own.
    if (before === undefined || isAnswered) {
      const said = await this.run.decision(gate.title, withChanges(question, changes));
      if (typeof said !== 'string') gate.heard?.(said, facts);
    }
    this.approved.set(gate, facts);
    return isAnswered;
  }
}

function withChanges(question: Approval, changes: readonly (Markdown | string)[]): Approval {
  if (changes.length === 0) return question;
  const details = paragraphs(prose`**Not as it was approved:**`, list(changes), question.details);
  return { ...question, details };
}

/** A look that is no line of the runbook; where it fails a gate opens all the same. */
export async function untilSeen<T>(run: Run, title: string, look: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (isCancellation(error)) throw error;
      await run.askAboutFailure(title, troubleOf(error), false);
    }
  }
}
