/**
 * The frame of every runbook: it checks the request, opens journal and gates, and makes every end
 * alike: the journal is closed, the machine is left as it is and tagged, people are told, and the
 * report says what is left to do.
 */
import {
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow';
import type { z } from 'zod';
import { refuse } from '../../contract/failures';
import type { EntryState, JournalEntry, RunStatus } from '../../contract/journal';
import type { Decision } from '../../contract/messages';
import type { Settings } from '../../contract/plan';
import type { Report, RunbookName } from '../../contract/reports';
import { problemsOf } from '../../contract/requests';
import { readSettings, recordEnd } from './acts';
import { troubleOf } from './failures';
import { Gates, type Question } from './gates';
import { People } from './people';
import { RunState, type Findings } from './state';
import { perform } from './perform';
import { because, Steps, type HeldClaim } from './steps';

/** The value of a tag holds 256 characters in EC2. */
const maxIdLength = 255;

/** What every request has. */
interface AnyRequest {
  readonly installation: string;
  readonly unattended: boolean;
  /** Where the run works; absent: the installation's own region. */
  readonly region?: string | undefined;
  /** The spare machine, which is where it is configured. */
  readonly from?: 'spare' | undefined;
}

/** An approval: a question that a person answers with yes or no. */
export interface Approval extends Pick<Question, 'name' | 'details' | 'acknowledge'> {
  /** Nobody's answer within the short limit is an answer too: the run goes on without. */
  readonly goesOnWithout?: boolean;
  /** A rejection is an answer like any other: the run goes on without. */
  readonly goesOnRejected?: boolean;
  /** Why no approval is needed; journaled as `not needed`. */
  readonly notNeeded?: string | undefined;
}

/** What a runbook's body works with. */
export interface Run {
  readonly step: Steps['step'];
  readonly attempt: Steps['attempt'];
  readonly tried: Steps['tried'];
  readonly notNeeded: Steps['notNeeded'];
  readonly later: Steps['later'];
  readonly retriesOf: Steps['retriesOf'];
  readonly passOver: Steps['passOver'];
  readonly askAboutFailure: Steps['askAboutFailure'];
  readonly how: Steps['how'];
  readonly renewEpoch: Steps['renewEpoch'];
  /** Asks a person to approve; a rejection ends the run. False: go on without. */
  readonly approval: (title: string, question: Approval) => Promise<boolean>;
  /** The same; gives what the person said. */
  readonly decision: (
    title: string,
    question: Approval,
  ) => Promise<Decision | 'not needed' | 'nobody'>;
  /** The same where a person may approve a part of the builds; gives those that are approved. */
  readonly approvedBuilds: (
    title: string,
    question: Approval & { readonly builds: readonly string[] },
  ) => Promise<readonly string[]>;
  /** From now on no step does anything unless the run holds this claim. */
  readonly worksUnder: (claim: HeldClaim | undefined) => void;
  /** From now on looks again before each step that a person has asked for once more. */
  readonly whenRetried: (look: () => Promise<unknown>) => void;
  readonly findings: Findings;
  readonly journal: readonly JournalEntry[];
  readonly settings: Settings;
  /** Nobody watches: no question may hold the run up for long. */
  readonly unattended: boolean;
  /** From now on no question waits beyond this time (ISO 8601). */
  readonly closeGatesAt: (time: string) => void;
}

/** Runs a body inside the frame and returns the report. */
export async function runbook<S extends z.ZodType<AnyRequest>>(
  { name, shape }: { readonly name: RunbookName; readonly shape: S },
  input: unknown,
  body: (run: Run, request: z.output<S>) => Promise<string>,
): Promise<Report> {
  const parsed = shape.safeParse(input ?? {});
  if (!parsed.success) {
    const problems = problemsOf(parsed.error);
    throw refuse('InvalidRequest', `${name} cannot start: ${problems.join('; ')}`, { problems });
  }
  if (workflowInfo().workflowId.length > maxIdLength) {
    const limit = `${name} cannot start: a workflow id has ${String(maxIdLength)} characters at most`;
    throw refuse('InvalidRequest', `${limit}, because it becomes a tag on what the run makes.`);
  }
  const request = parsed.data;
  const state = new RunState(name, request.installation);
  const frame = new Frame(state, request);
  try {
    const run = await frame.open();
    const summary = await body(run, request);
    return await frame.end('done', summary);
  } catch (error) {
    throw await frame.endBadly(error);
  }
}

class Frame {
  private readonly gates: Gates;
  private readonly steps: Steps;
  private readonly people: People;
  private gatesCloseAt = Infinity;

  constructor(
    private readonly state: RunState,
    private readonly request: AnyRequest,
  ) {
    this.people = new People(state, () => this.steps.settings);
    this.gates = new Gates(state, (gate) => this.people.gateOpened(gate));
    this.steps = new Steps(state, this.gates, () => this.gateSeconds());
  }

  async open(): Promise<Run> {
    const { installation, region, from } = this.request;
    // Bad input ends the run at once, so an unknown installation opens no gate.
    const { settings } = await perform(
      readSettings,
      { installation, region, from },
      this.steps.how('Read runbook.yaml'),
    );
    this.steps.settings = settings;
    this.state.publish();
    return {
      step: this.steps.step.bind(this.steps),
      attempt: this.steps.attempt.bind(this.steps),
      tried: this.steps.tried.bind(this.steps),
      notNeeded: this.steps.notNeeded.bind(this.steps),
      later: this.steps.later.bind(this.steps),
      retriesOf: this.steps.retriesOf.bind(this.steps),
      passOver: this.steps.passOver.bind(this.steps),
      askAboutFailure: this.steps.askAboutFailure.bind(this.steps),
      how: this.steps.how.bind(this.steps),
      renewEpoch: this.steps.renewEpoch.bind(this.steps),
      approval: async (title, question) => (await this.ask(title, question)) !== 'nobody',
      decision: (title, question) => this.ask(title, question),
      approvedBuilds: async (title, question) => {
        const said = await this.ask(title, question);
        return typeof said === 'string' ? question.builds : (said.builds ?? question.builds);
      },
      worksUnder: (claim) => {
        this.steps.claim = claim;
      },
      whenRetried: (look) => this.steps.looks.push(look),
      findings: this.state.findings,
      journal: this.state.journal,
      settings,
      unattended: this.request.unattended,
      closeGatesAt: (time) => {
        this.gatesCloseAt = Date.parse(time);
      },
    };
  }

  private gateSeconds(): number {
    const limits = this.steps.settings?.limits;
    const long = (this.request.unattended ? limits?.unattendedGate : limits?.gate) ?? 3600;
    return Math.max(1, Math.min(long, (this.gatesCloseAt - Date.now()) / 1000));
  }

  private shortGateSeconds(): number {
    return this.steps.settings?.limits.unattendedGate ?? 3600;
  }

  /** The approval that was given, or why there is none: an answer that is no approval ends the run. */
  private async ask(
    title: string,
    question: Approval & Pick<Question, 'builds'>,
  ): Promise<Decision | 'not needed' | 'nobody'> {
    const entry = this.state.open('approval', title, 'waiting');
    if (question.notNeeded !== undefined) {
      this.state.close(entry, 'not needed', { note: question.notNeeded });
      return 'not needed';
    }
    const asked = this.gates.ask({
      name: question.name,
      details: question.details,
      title,
      answers: ['approve', 'reject'],
      ...(question.builds ? { builds: question.builds } : {}),
      ...(question.acknowledge ? { acknowledge: question.acknowledge } : {}),
      seconds: question.goesOnWithout ? this.shortGateSeconds() : this.gateSeconds(),
    });
    const { gate, reply } = await asked.catch((error: unknown) => {
      this.state.close(entry, 'cancelled');
      throw error;
    });
    if (reply.answer === 'expired') {
      this.state.close(entry, 'expired', { gate });
      if (question.goesOnWithout) return 'nobody';
      throw refuse(
        'GateExpired',
        `Nobody answered "${title}" in time. The report lists what is left to do.`,
      );
    }
    const { by, note } = reply;
    const known = reply.acknowledge?.map((what) => `acknowledged: ${what}`) ?? [];
    const told = [...known, partOf(reply, question), note]
      .filter((part) => part !== undefined)
      .join('; ');
    const said = { gate, by, ...(told === '' ? {} : { note: told }) };
    if (reply.answer === 'approve') {
      this.state.close(entry, 'approved', said);
      return reply;
    }
    this.state.close(entry, 'rejected', said);
    if (question.goesOnRejected) return 'nobody';
    throw refuse(
      'Rejected',
      `${by} rejected "${title}"${because(note)}. The report lists what is left to do.`,
    );
  }

  /** Closes the run: journal, tags, report file, notification. Never fails the run. */
  async end(status: RunStatus, summary: string): Promise<Report> {
    const marks: Partial<Record<RunStatus, EntryState>> = { done: 'done', cancelled: 'cancelled' };
    this.state.gate = undefined;
    this.state.status = status;
    const entry = this.state.open('end', `End: ${status}`, 'running');
    this.state.close(entry, marks[status] ?? 'failed', { note: summary });
    await CancellationScope.nonCancellable(() => this.steps.leave());
    let report = this.state.makeReport(summary);
    this.state.report = report;
    await CancellationScope.nonCancellable(async () => {
      await this.people.settled();
      const isTold = await this.people.ended(report, entry);
      const how = this.steps.how('Write the report');
      const input = {
        report,
        region: this.steps.settings?.region,
        ...(isTold ? { isTold } : {}),
        // What another run works on is its own to speak of.
        ...(this.steps.over === undefined ? {} : { isOver: true }),
      };
      await perform(recordEnd, input, how).catch((error: unknown) => {
        const lost = `The report was not written: ${troubleOf(error).message}`;
        report = { ...report, notes: [...report.notes, lost] };
        this.state.report = report;
      });
    });
    this.state.publish();
    return report;
  }

  /** Ends a run that did not get through, and gives the error to end the workflow with. */
  async endBadly(error: unknown): Promise<unknown> {
    if (isCancellation(error)) {
      await this.end('cancelled', `The run was cancelled; ${this.state.findings.whenCancelled}.`);
      return error;
    }
    const { type, message } = troubleOf(error);
    const statuses: Readonly<Record<string, RunStatus>> = {
      Rejected: 'rejected',
      Aborted: 'aborted',
      GateExpired: 'expired',
    };
    const report = await this.end(statuses[type] ?? 'failed', message);
    return ApplicationFailure.create({ type, message, nonRetryable: true, details: [report] });
  }
}

/** Which part of the builds was approved, for the journal. */
function partOf(
  { builds }: Decision,
  { builds: offered = [] }: Pick<Question, 'builds'>,
): string | undefined {
  if (builds === undefined) return undefined;
  const approved = new Set(builds);
  const shown = [...approved].slice(0, 10).join(', ');
  const more = approved.size > 10 ? ', …' : '';
  return `${String(approved.size)} of ${String(offered.length)}: ${shown}${more}`;
}
