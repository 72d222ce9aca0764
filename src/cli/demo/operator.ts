/** The person of the demo: Ana, who looks at each gate and answers it; or you. */
import type { WorkflowHandle } from '@temporalio/client';
import type { Answer, OpenGate } from '../../contract/journal';
import type { Standing } from '../../contract/reports';
import { ask } from '../ask';
import { answerCommand } from '../render/standing';
import { sendAnswer } from '../runs';
import type { Temporal } from '../temporal/connect';
import type { Narrator } from './narrator';

/** What Ana says, and why. */
export interface Reply {
  readonly verb: Answer;
  readonly note: string;
}

/** Who answers, and what is done before an answer is given. */
export interface OperatorPlan {
  readonly temporal: Temporal;
  readonly tell: Narrator;
  /** You answer at the prompt. */
  readonly interactive: boolean;
  /** Does what the gate asks for in the world, and says so. */
  readonly prepare: (gate: OpenGate, standing: Standing) => Promise<Reply>;
}

/** Makes the function that answers each gate of a run once. */
export function openOperator(
  plan: OperatorPlan,
  handle: WorkflowHandle,
): (standing: Standing) => Promise<void> {
  const answered = new Set<string>();
  return async (standing) => {
    const { gate } = standing;
    if (!gate || answered.has(gate.id)) return;
    answered.add(gate.id);
    const reply = await plan.prepare(gate, standing);
    const verb = plan.interactive ? await askPerson(gate) : reply.verb;
    const by = plan.interactive ? 'you' : 'ana';
    const note = plan.interactive ? {} : { note: reply.note };
    const decision = { by, gate: gate.id, ...note };
    plan.tell.line(`${by === 'you' ? 'You answer' : 'Ana answers'}: ${verb}`);
    const command = answerCommand(verb, { ...gate, mustName: true }, handle.workflowId);
    plan.tell.show(command.replace('YOUR-NAME', by));
    plan.tell.show(`${verb} ${JSON.stringify(decision)}`);
    await sendAnswer(plan.temporal, handle, { verb, decision, workerAnswers: true });
  };
}

/** The answer with which the run goes on. */
export function goingOn(gate: OpenGate): Answer {
  return gate.answers.includes('approve') ? 'approve' : 'retry';
}

/** The answer that ends the run. */
export function ending(gate: OpenGate): Answer {
  return gate.answers.includes('reject') ? 'reject' : 'abort';
}

async function askPerson(gate: OpenGate): Promise<Answer> {
  for (;;) {
    const said = await ask(`${goingOn(gate)} (y), or ${ending(gate)} (n)? `);
    if (/^y(es)?$/i.test(said.trim())) return goingOn(gate);
    if (/^no?$/i.test(said.trim())) return ending(gate);
  }
}
