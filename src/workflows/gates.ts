/**
 * Gates: questions that wait for a person, answered by signal or update. A signal handler never
 * throws, because a failure thrown there would end the whole run; it journals what it refuses.
 */
import { ApplicationFailure, condition, setHandler, uuid4 } from '@temporalio/workflow';
import { z } from 'zod';
import { answers, type Answer, type OpenGate } from '../contract/journal';
import { descriptions, signals, standing, updates, type Decision } from '../contract/messages';
import { buildsAtOnce, problemsOf } from '../contract/requests';
import { now, type RunState } from './state';

/** A question before it is asked. */
export interface Question {
  /** Short word that begins the gate's id, such as `launch`. */
  readonly name: string;
  readonly title: string;
  /** Markdown: what a person should know to decide. */
  readonly details: string;
  readonly answers: readonly Answer[];
  /** Whether the answer must name the gate: so no re-applied approval ever opens a later one. */
  readonly mustName?: boolean;
  /** Where an approval may name a part of them. */
  readonly builds?: readonly string[];
  readonly seconds: number;
}

/** The answer that was accepted; `expired` when nobody gave one in time. */
export type Reply = (Decision & { readonly answer: Answer }) | { readonly answer: 'expired' };

const decisionShape = z.strictObject({
  by: z.string().trim().min(1).max(200),
  note: z.string().max(2000).optional(),
  gate: z.string().max(100).optional(),
  builds: z.array(z.string().max(300)).min(1).max(buildsAtOnce).optional(),
});

/** Keeps at most one gate open and takes the messages that answer it. */
export class Gates {
  #reply: Reply | undefined;

  constructor(
    private readonly state: RunState,
    private readonly onOpen: (gate: OpenGate) => void,
  ) {
    setHandler(standing, () => state.standing(), {
      description: 'Where the run stands: status, open gate, journal, report.',
    });
    for (const answer of answers) this.listen(answer);
  }

  /** Opens a gate and waits for its answer; cancellation of the run ends the wait. */
  async ask(question: Question): Promise<{ readonly gate: string; readonly reply: Reply }> {
    const gate = this.describe(question);
    this.#reply = undefined;
    this.state.gate = gate;
    this.state.publish();
    this.onOpen(gate);
    try {
      await condition(() => this.#reply !== undefined, question.seconds * 1000, {
        summary: question.title,
      });
      return { gate: gate.id, reply: this.replyOr('expired') };
    } finally {
      this.state.gate = undefined;
      this.state.publish();
    }
  }

  private replyOr(answer: 'expired'): Reply {
    return this.#reply ?? { answer };
  }

  private describe(question: Question): OpenGate {
    // Random by the run's seed, which a reset changes from the point it goes back to: an approval
    // that is applied again opens no gate that is asked anew.
    const id = `${question.name}-${uuid4().slice(0, 4)}`;
    const example = { by: 'YOUR NAME', gate: id, note: 'why' };
    return {
      id,
      title: question.title,
      details: question.details,
      ...(question.builds ? { builds: question.builds } : {}),
      answers: question.answers,
      mustName: question.mustName ?? false,
      openedAt: now(),
      expiresAt: new Date(Date.now() + question.seconds * 1000).toISOString(),
      example: JSON.stringify(example),
    };
  }

  private listen(answer: Answer): void {
    setHandler(
      signals[answer],
      (raw) => {
        const problem = this.problemWith(answer, raw);
        if (problem === undefined) this.accept(answer, raw);
        else this.refuse(answer, raw, problem);
      },
      { description: descriptions[answer] },
    );
    setHandler(updates[answer], (raw) => this.accept(answer, raw), {
      description: descriptions[answer],
      validator: (raw) => {
        const problem = this.problemWith(answer, raw);
        if (problem !== undefined) throw ApplicationFailure.nonRetryable(problem, 'Refused');
      },
    });
  }

  /** Says why the message cannot be taken now, and what to send instead. */
  private problemWith(answer: Answer, raw: unknown): string | undefined {
    const { gate } = this.state;
    if (!gate || this.#reply) return 'no gate is open; nothing waits for an answer now';
    const verbs = gate.answers.join(' or ');
    const instead = `send instead: ${verbs} with ${gate.example}`;
    const parsed = decisionShape.safeParse(raw ?? {});
    if (!parsed.success) return `${problemsOf(parsed.error).join('; ')}; ${instead}`;
    if (parsed.data.gate !== undefined && parsed.data.gate !== gate.id) {
      return `gate ${parsed.data.gate} is not open; open is ${gate.id}; ${instead}`;
    }
    if (gate.mustName && parsed.data.gate === undefined) {
      return `this gate must be named: "gate":"${gate.id}"; ${instead}`;
    }
    if (!gate.answers.includes(answer)) {
      return `gate ${gate.id} takes ${gate.answers.join(', ')}, not ${answer}; ${instead}`;
    }
    const unfit = buildsProblem(gate, answer, parsed.data.builds);
    if (unfit !== undefined) return `${unfit}; ${instead}`;
    if (answer === 'skip' && !parsed.data.note) return 'skip needs a reason: "note":"why"';
    return undefined;
  }

  private accept(answer: Answer, raw: unknown): string {
    const decision = decisionShape.parse(raw);
    const gate = this.state.gate?.id ?? '';
    this.#reply = { ...decision, answer };
    return `${gate}: ${answer} by ${decision.by}`;
  }

  private refuse(answer: Answer, raw: unknown, problem: string): void {
    // A flood of wrong signals must not fill the journal: the last fifty tell the story.
    const refused = this.state.journal.filter((entry) => entry.kind === 'message');
    if (refused.length >= 50) return;
    const by = decisionShape.safeParse(raw).data?.by;
    const entry = this.state.open('message', `Signal ${answer}`, 'refused');
    this.state.close(entry, 'refused', {
      note: problem.slice(0, 600),
      ...(by === undefined ? {} : { by }),
    });
  }
}

/** Approved may be nothing but what the gate offers. */
function buildsProblem(
  gate: OpenGate,
  answer: Answer,
  builds: readonly string[] | undefined,
): string | undefined {
  if (builds === undefined) return undefined;
  if (gate.builds === undefined || answer !== 'approve') {
    return `builds: ${answer} of gate ${gate.id} takes none`;
  }
  const foreign = builds.filter((url) => !gate.builds?.includes(url));
  if (foreign.length === 0) return undefined;
  return `builds: the gate does not offer ${foreign.slice(0, 3).join(', ')}`;
}
