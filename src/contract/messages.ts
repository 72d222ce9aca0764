/**
 * The messages that a person or a program sends to a run. Each takes one JSON object, because the
 * Temporal UI can send only one.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Answer } from './journal';
import type { Standing } from './reports';

/** The object that answers a gate. `by` is required: the UI sends no identity. */
export interface Decision {
  readonly by: string;
  readonly note?: string;
  readonly gate?: string;
  /** Of the builds that the gate offers, those that are approved; absent: all of them. */
  readonly builds?: readonly string[];
  /** What the sender knows, and goes on with: where the gate offers it. */
  readonly acknowledge?: readonly string[];
}

export const signals = {
  approve: defineSignal<[unknown]>('approve'),
  reject: defineSignal<[unknown]>('reject'),
  retry: defineSignal<[unknown]>('retry'),
  skip: defineSignal<[unknown]>('skip'),
  abort: defineSignal<[unknown]>('abort'),
} as const satisfies Record<Answer, unknown>;

/** The same verbs as updates: a wrong one is refused to its sender instead of being journaled. */
export const updates = {
  approve: defineUpdate<string, [unknown]>('approve'),
  reject: defineUpdate<string, [unknown]>('reject'),
  retry: defineUpdate<string, [unknown]>('retry'),
  skip: defineUpdate<string, [unknown]>('skip'),
  abort: defineUpdate<string, [unknown]>('abort'),
} as const satisfies Record<Answer, unknown>;

/** Where the run stands: status, open gate, journal, and at its end the report. */
export const standing = defineQuery<Standing>('standing');

/** What each verb does, with an object to paste; shown by the UI's signal and update dialogs. */
export const descriptions: Readonly<Record<Answer, string>> = {
  approve: 'Open the gate and go on. {"by":"ana","gate":"launch-k3f9","note":"seen the plan"}',
  reject: 'Close the gate and end the run. {"by":"ana","gate":"launch-k3f9","note":"wrong image"}',
  retry: 'Run the failed step again. {"by":"ana","gate":"failed-k3f9","note":"disk space freed"}',
  skip: 'Go on without the failed step; a reason is needed. {"by":"ana","gate":"failed-k3f9","note":"set by hand"}',
  abort:
    'End the run, leave everything as it is. {"by":"ana","gate":"failed-k3f9","note":"taking the other machine"}',
};
