/** What the report says of the machines beside the new one: as they were when they were last looked at. */
import { isCancellation } from '@temporalio/workflow';
import type { LaunchFacts, RestorePlan } from '../../contract/plan';
import * as acts from '../frame/acts';
import type { Run } from '../frame/runbook';
import { perform } from '../frame/perform';

/** The machines that the plan found, and what is known of them by now. */
export class OtherMachines {
  /** The lines in the notes of the report; they change with each look. */
  lines: readonly string[] = [];
  /** Every machine that was found beside the new one, whenever. */
  known: RestorePlan['others'];
  #at: number;

  constructor(
    private readonly run: Run,
    private readonly plan: RestorePlan,
  ) {
    this.#at = run.findings.notes.length;
    this.known = plan.others;
    this.tell(
      plan.others.map(({ instanceId, why }) => `${instanceId} ran when this was planned: ${why}.`),
    );
  }

  /** Looks again. What cannot be looked at stays as it was told. */
  async look(when: string): Promise<void> {
    const { region } = this.plan;
    if (this.known.length === 0) return;
    const how = this.run.how('What became of the other machines?');
    try {
      const { states } = await perform(acts.lookAtOthers, { region, others: this.known }, how);
      this.see({ others: [], states }, when);
    } catch (error) {
      if (isCancellation(error)) throw error;
    }
  }

  /** Takes over what was seen: also of machines that did not run when this was planned. */
  see({ others, states }: Pick<LaunchFacts, 'others' | 'states'>, when: string): void {
    const found = others.filter(
      (one) => !this.known.some(({ instanceId }) => instanceId === one.instanceId),
    );
    const planned = new Set(this.plan.others.map(({ instanceId }) => instanceId));
    this.known = [...this.known, ...found];
    this.tell(
      this.known.map(({ instanceId, why }) => {
        const isFound = others.some((one) => one.instanceId === instanceId);
        const state = isFound ? 'running' : (states[instanceId] ?? 'not known');
        const still = planned.has(instanceId) ? 'still runs' : 'runs';
        const before = planned.has(instanceId) ? 'when this was planned' : 'while this was asked';
        return state === 'running' || state === 'pending'
          ? `${instanceId} ${still}, ${when}: ${why}.`
          : `${instanceId} is ${state}, ${when}; it ran ${before} (${why}).`;
      }),
    );
  }

  private tell(lines: readonly string[]): void {
    this.run.findings.notes.splice(this.#at, this.lines.length, ...lines);
    this.lines = lines;
  }
}
