/**
 * Gates: questions that wait for a person, answered by signal or update. A signal handler never
 * throws, because a failure thrown there would end the whole run; it journals what it refuses.
 */
import {
  ApplicationFailure,
  condition,
  setDefaultSignalHandler,
  setHandler,
  uuid4,
} from '@temporalio/workflow';
import { z } from 'zod';
import { answers, type Answer, type JournalEntry, type OpenGate } from '../../contract/journal';
import { descriptions, signals, standing, updates, type Decision } from '../../contract/messages';
import type { Markdown } from '../../contract/markdown';
import { isPrintable, printable } from '../../contract/printable';
import { acknowledgements, buildsAtOnce, problemsOf } from '../../contract/requests';
import { now, type RunState } from './state';

/** A question before it is asked. */
export interface Question {
  /** Short word that begins the gate's id, such as `launch`. */
  readonly name: string;
  readonly title: string;
  /** Markdown: what a person should know to decide. */
  readonly details: Markdown;
  readonly answers: readonly Answer[];
  /** Where an approval may name a part of them. */
  readonly builds?: readonly string[];
  /** What an approval may declare to be known. */
  readonly acknowledge?: readonly string[];
  readonly seconds: number;
}

/** The answer that was accepted; `expired` when nobody gave one in time. */
export type Reply = (Decision & { readonly answer: Answer }) | { readonly answer: 'expired' };

/** Text that people type and that others read in a terminal and on a page. */
const words = (most: number): z.ZodString =>
  z.string().max(most).refine(isPrintable, 'is one line without control characters');

const decisionShape = z.strictObject({
  by: words(200).trim().min(1),
  note: words(2000).optional(),
  // Asked for below, where the open gate is known.
  gate: words(100).optional(),
  builds: z.array(words(300)).min(1).max(buildsAtOnce).optional(),
  acknowledge: z.array(z.enum(acknowledgements)).min(1).optional(),
});

/** How many refused messages the journal keeps. */
const keptRefusals = 50;

/** Keeps at most one gate open and takes the messages that answer it. */
export class Gates {
  #reply: Reply | undefined;
  /** Refused messages that had to go from the journal. */
  #forgotten = 0;

  constructor(
    private readonly state: RunState,
    /** Hears of each gate; what it returns is called when the gate is closed. */
    private readonly onOpen: (gate: OpenGate) => () => void,
  ) {
    setHandler(standing, () => state.standing(), {
      description: 'Where the run stands: status, open gate, journal, report.',
    });
    for (const answer of answers) this.listen(answer);
    setDefaultSignalHandler((name) => {
      const known = `there is no signal of this name; there are ${answers.join(', ')}`;
      this.refuse(name, undefined, [known, this.instead()].filter(Boolean).join('; '));
    });
  }

  /** Opens a gate and waits for its answer; cancellation of the run ends the wait. */
  async ask(question: Question): Promise<{ readonly gate: string; readonly reply: Reply }> {
    const gate = this.describe(question);
    this.#reply = undefined;
    this.state.gate = gate;
    this.state.publish();
    const onClose = this.onOpen(gate);
    try {
      await condition(() => this.#reply !== undefined, question.seconds * 1000, {
        summary: question.title,
      });
      return { gate: gate.id, reply: this.replyOr('expired') };
    } finally {
      this.state.gate = undefined;
      onClose();
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
      details: question.details.source,
      ...(question.builds ? { builds: question.builds } : {}),
      ...(question.acknowledge ? { acknowledge: question.acknowledge } : {}),
      answers: question.answers,
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
    const instead = this.instead();
    const parsed = decisionShape.safeParse(raw ?? {});
    if (!parsed.success) return `${problemsOf(parsed.error).join('; ')}; ${instead}`;
    // Else an answer could open a gate that its sender has not seen: two people who answer the same
    // question within a second, or a reset that applies an approval again.
    if (parsed.data.gate === undefined) {
      return `the gate must be named: "gate":"${gate.id}"; ${instead}`;
    }
    if (parsed.data.gate !== gate.id) {
      return `gate ${parsed.data.gate} is not open; open is ${gate.id}; ${instead}`;
    }
    if (!gate.answers.includes(answer)) {
      return `gate ${gate.id} takes ${gate.answers.join(', ')}, not ${answer}; ${instead}`;
    }
    const unfit =
      buildsProblem(gate, answer, parsed.data.builds) ??
      acknowledgeProblem(gate, answer, parsed.data.acknowledge);
    if (unfit !== undefined) return `${unfit}; ${instead}`;
    if (answer === 'skip' && !parsed.data.note) return 'skip needs a reason: "note":"why"';
    return undefined;
  }

  /** What to send instead of a refused message; empty while nothing is asked. */
  private instead(): string {
    const { gate } = this.state;
    return gate ? `send instead: ${gate.answers.join(' or ')} with ${gate.example}` : '';
  }

  private accept(answer: Answer, raw: unknown): string {
    const decision = decisionShape.parse(raw);
    const gate = this.state.gate?.id ?? '';
    this.#reply = { ...decision, answer };
    return `${gate}: ${answer} by ${decision.by}`;
  }

  private refuse(signal: string, raw: unknown, problem: string): void {
    this.makeRoom();
    const by = decisionShape.safeParse(raw).data?.by;
    const entry = this.state.open('message', `Signal ${printable(signal.slice(0, 60))}`, 'refused');
    this.state.close(entry, 'refused', {
      // A key that nobody knows is quoted in it.
      note: printable(problem).slice(0, 600),
      ...(by === undefined ? {} : { by }),
    });
  }

  /** A flood of wrong signals must not fill the journal: the last of them tell the story. */
  private makeRoom(): void {
    const { journal } = this.state;
    const isRefused = ({ kind }: JournalEntry): boolean => kind === 'message';
    if (journal.filter(isRefused).length < keptRefusals) return;
    journal.splice(journal.findIndex(isRefused), 1);
    this.#forgotten += 1;
    const oldest = journal.find(isRefused);
    const told = oldest?.note?.replace(/^\d+ refused before this are not shown; /, '') ?? '';
    if (oldest) {
      oldest.note = `${String(this.#forgotten)} refused before this are not shown; ${told}`;
    }
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

/** Declared may be nothing but what the gate is about. */
function acknowledgeProblem(
  gate: OpenGate,
  answer: Answer,
  known: readonly string[] = [],
): string | undefined {
  const foreign = known.filter((what) => !gate.acknowledge?.includes(what));
  if (foreign.length === 0 && (known.length === 0 || answer === 'approve')) return undefined;
  return `acknowledge: ${answer} of gate ${gate.id} takes no ${known.join(', ')}`;
}
