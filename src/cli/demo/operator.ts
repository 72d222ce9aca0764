/** The person of the demo: Ana, who looks at each gate and answers it; or you. */
import type { WorkflowHandle } from '@temporalio/client';
import type { Answer, OpenGate } from '../../contract/journal';
import type { Standing } from '../../contract/reports';
import { ask } from '../ask';
import { CliError } from '../exit-status';
import { answerCommand } from '../../contract/telling/telling';
import { sendAnswer } from '../runs';
import type { Temporal } from '../temporal/connect';
import type { Narrator } from './narrator';

/** What Ana says, and why. */
export interface Reply {
  readonly verb: Answer;
  readonly note: string;
  /** What had failed was mended first, so that this `retry` has a reason to succeed. */
  readonly mended?: true;
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

/** Makes the function that answers each gate of a run once, and throws when Ana gives up. */
export function openOperator(
  plan: OperatorPlan,
  handle: WorkflowHandle,
): (standing: Standing) => Promise<void> {
  const answered = new Set<string>();
  const hopeless = openPatience();
  return async (standing) => {
    const { gate } = standing;
    if (!gate || answered.has(gate.id)) return;
    answered.add(gate.id);
    const reply = await plan.prepare(gate, standing);
    if (plan.interactive) {
      await tellAnswer(plan, handle, { gate, by: 'you', verb: await askPerson(gate) });
    } else if (hopeless(gate, reply)) {
      const note = 'the demo has no answer to this';
      await tellAnswer(plan, handle, { gate, by: 'ana', verb: ending(gate), note });
      const [step, why] = [gate.title.replace(/^failed: /, ''), gate.details.replaceAll('**', '')];
      throw new CliError('Failed', `Ana gives up: "${step}" failed again after a retry. ${why}`);
    } else {
      await tellAnswer(plan, handle, { gate, by: 'ana', verb: reply.verb, note: reply.note });
    }
  };
}

/** Tells whether a `retry` is one too many: whoever mends nothing may hope once, not for ever. */
function openPatience(): (gate: OpenGate, reply: Reply) => boolean {
  const hoped = new Set<string>();
  return ({ title }, { verb, mended }) => {
    if (verb !== 'retry' || mended === true) return false;
    if (hoped.has(title)) return true;
    hoped.add(title);
    return false;
  };
}

interface Given {
  readonly gate: OpenGate;
  readonly by: 'you' | 'ana';
  readonly verb: Answer;
  readonly note?: string;
}

/** Sends the answer, and shows how it would be typed and what was sent. */
async function tellAnswer(
  { tell, temporal }: OperatorPlan,
  handle: WorkflowHandle,
  { gate, by, verb, ...note }: Given,
): Promise<void> {
  const decision = { by, gate: gate.id, ...note };
  tell.line(`${by === 'you' ? 'You answer' : 'Ana answers'}: ${verb}`);
  const command = answerCommand(verb, gate, handle.workflowId);
  tell.show(command.replace('YOUR-NAME', by));
  tell.show(`${verb} ${JSON.stringify(decision)}`);
  await sendAnswer(temporal, handle, { verb, decision, workerAnswers: true });
}

/** The answer with which the run goes on. */
export function goingOn(gate: OpenGate): Answer {
  return gate.answers.includes('approve') ? 'approve' : 'retry';
}

/** The answer that ends the run. */
function ending(gate: OpenGate): Answer {
  return gate.answers.includes('reject') ? 'reject' : 'abort';
}

async function askPerson(gate: OpenGate): Promise<Answer> {
  for (;;) {
    const said = await ask(`${goingOn(gate)} (y), or ${ending(gate)} (n)? `);
    if (/^y(es)?$/i.test(said.trim())) return goingOn(gate);
    if (/^no?$/i.test(said.trim())) return ending(gate);
  }
}
