/** What the report says of the machines beside the new one: as they were when they were last looked at. */
import { isCancellation } from '@temporalio/workflow';
import type { RestorePlan } from '../contract/plan';
import * as acts from './acts';
import type { Run } from './runbook';
import { perform } from './steps';

/** The machines that the plan found, and what is known of them by now. */
export class OtherMachines {
  /** The lines in the notes of the report; they change with each look. */
  lines: readonly string[] = [];
  #at: number;

  constructor(
    private readonly run: Run,
    private readonly plan: RestorePlan,
  ) {
    this.#at = run.findings.notes.length;
    this.tell(
      plan.others.map(({ instanceId, why }) => `${instanceId} ran when this was planned: ${why}.`),
    );
  }

  /** Looks again. What cannot be looked at stays as it was told. */
  async look(when: string): Promise<void> {
    const { others, region } = this.plan;
    if (others.length === 0) return;
    const how = this.run.how('What became of the other machines?');
    try {
      const { states } = await perform(acts.lookAtOthers, { region, others }, how);
      this.tell(
        others.map(({ instanceId, why }) => {
          const state = states[instanceId] ?? 'not known';
          return state === 'running' || state === 'pending'
            ? `${instanceId} still runs, ${when}: ${why}.`
            : `${instanceId} is ${state}, ${when}; it ran when this was planned (${why}).`;
        }),
      );
    } catch (error) {
      if (isCancellation(error)) throw error;
    }
  }

  private tell(lines: readonly string[]): void {
    this.run.findings.notes.splice(this.#at, this.lines.length, ...lines);
    this.lines = lines;
  }
}
