/**
 * What a recorded history shows: each step, gate, answer, failure and end in it, as one short text.
 * The recordings that are kept are chosen by this, and so is what they lack.
 */
/** A payload as JSON has it: `data` is base64 of JSON. */
interface Payload {
  readonly data?: string;
}

interface Named {
  readonly name?: string;
}

interface Failure {
  readonly applicationFailureInfo?: { readonly type?: string };
}

/** The parts of an event that are read here, as `historyToJSON` writes them. */
interface Event {
  readonly eventId: string;
  readonly userMetadata?: { readonly summary?: Payload };
  readonly workflowExecutionStartedEventAttributes?: { readonly workflowType?: Named };
  readonly workflowExecutionCompletedEventAttributes?: object;
  readonly workflowExecutionFailedEventAttributes?: { readonly failure?: Failure };
  readonly workflowExecutionCanceledEventAttributes?: object;
  readonly workflowExecutionTerminatedEventAttributes?: object;
  readonly workflowExecutionTimedOutEventAttributes?: object;
  readonly timerStartedEventAttributes?: { readonly timerId?: string };
  readonly timerFiredEventAttributes?: { readonly timerId?: string };
  readonly timerCanceledEventAttributes?: { readonly timerId?: string };
  readonly activityTaskScheduledEventAttributes?: { readonly activityType?: Named };
  readonly activityTaskFailedEventAttributes?: {
    readonly scheduledEventId?: string;
    readonly failure?: Failure;
  };
  readonly activityTaskTimedOutEventAttributes?: object;
  readonly activityTaskCanceledEventAttributes?: object;
  readonly startChildWorkflowExecutionInitiatedEventAttributes?: { readonly workflowType?: Named };
  readonly startChildWorkflowExecutionFailedEventAttributes?: object;
  readonly markerRecordedEventAttributes?: {
    readonly details?: Readonly<Record<string, { readonly payloads?: readonly Payload[] }>>;
  };
  readonly workflowExecutionSignaledEventAttributes?: {
    readonly signalName?: string;
    readonly input?: { readonly payloads?: readonly Payload[] };
  };
  readonly workflowExecutionUpdateAcceptedEventAttributes?: {
    readonly acceptedRequest?: { readonly input?: Named };
  };
  readonly workflowExecutionCancelRequestedEventAttributes?: object;
  readonly workflowTaskFailedEventAttributes?: { readonly cause?: string };
}

/** A history as `historyToJSON` writes it. */
export interface History {
  readonly events: readonly Event[];
}

const ends = {
  workflowExecutionCompletedEventAttributes: 'completed',
  workflowExecutionFailedEventAttributes: 'failed',
  workflowExecutionCanceledEventAttributes: 'cancelled',
  workflowExecutionTerminatedEventAttributes: 'terminated',
  workflowExecutionTimedOutEventAttributes: 'timed out',
} as const satisfies Partial<Record<keyof Event, string>>;

/** The type of the workflow. */
export function typeOf({ events }: History): string {
  return events[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name ?? '';
}

/** All traits, each once, in the order in which they appear; each begins with the workflow's type. */
export function traitsOf(history: History): string[] {
  const reader = new Reader();
  for (const event of history.events) reader.read(event);
  reader.end();
  const type = typeOf(history);
  return [...new Set(reader.traits.map((trait) => `${type} ${trait}`))];
}

/** The gates that a history opens, by their titles; `failed: …` among them. */
export function gatesOf(history: History): string[] {
  return traitsOf(history).flatMap((trait) => /^\w+ gate (.+)$/.exec(trait)?.[1] ?? []);
}

class Reader {
  readonly traits: string[] = [];
  /** Titles of the timers that run, which are those of the gates that are open. */
  readonly #open = new Map<string, string>();
  readonly #steps = new Map<string, string>();
  #isClosed = false;

  read(event: Event): void {
    this.readGate(event);
    this.readStep(event);
    this.readMessage(event);
    for (const [key, end] of Object.entries(ends)) {
      if (!event[key as keyof typeof ends]) continue;
      this.#isClosed = true;
      const type = event.workflowExecutionFailedEventAttributes?.failure?.applicationFailureInfo;
      this.traits.push(`ends ${end}${type?.type ? ` (${type.type})` : ''}`);
    }
  }

  end(): void {
    if (this.#isClosed) return;
    for (const title of this.#open.values()) this.traits.push(`waits at ${title}`);
  }

  private readGate(event: Event): void {
    const started = event.timerStartedEventAttributes;
    const title = plain(valueOf(event.userMetadata?.summary));
    if (started?.timerId && title !== '') {
      this.#open.set(started.timerId, title);
      this.traits.push(`gate ${title}`);
    }
    const fired = event.timerFiredEventAttributes?.timerId ?? '';
    const expired = this.#open.get(fired);
    if (expired !== undefined) this.traits.push(`expired ${expired}`);
    this.#open.delete(fired);
    this.#open.delete(event.timerCanceledEventAttributes?.timerId ?? '');
  }

  private readStep(event: Event): void {
    const name = event.activityTaskScheduledEventAttributes?.activityType?.name;
    if (name) {
      this.#steps.set(event.eventId, name);
      this.traits.push(`step ${name}`);
    }
    const failed = event.activityTaskFailedEventAttributes;
    if (failed) {
      const step = this.#steps.get(failed.scheduledEventId ?? '') ?? '';
      const type = failed.failure?.applicationFailureInfo?.type ?? 'another failure';
      this.traits.push(`failed ${step} (${type})`);
    }
    if (event.activityTaskTimedOutEventAttributes) this.traits.push('step timed out');
    if (event.activityTaskCanceledEventAttributes) this.traits.push('step cancelled');
    const child = event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowType?.name;
    if (child) this.traits.push(`child ${child}`);
    if (event.startChildWorkflowExecutionFailedEventAttributes) this.traits.push('child refused');
    const patch = event.markerRecordedEventAttributes?.details?.['patch-data']?.payloads?.[0];
    if (patch) this.traits.push(`patch ${(valueOf(patch) as { id: string }).id}`);
  }

  private readMessage(event: Event): void {
    const signal = event.workflowExecutionSignaledEventAttributes;
    if (signal) this.traits.push(`signal ${plain(signal.signalName)} ${this.howSent(signal)}`);
    const update = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input;
    if (update?.name) this.traits.push(`update ${update.name}`);
    if (event.workflowExecutionCancelRequestedEventAttributes) this.traits.push('cancel requested');
    const cause = event.workflowTaskFailedEventAttributes?.cause ?? '';
    if (cause.endsWith('RESET_WORKFLOW')) this.traits.push('reset');
  }

  private howSent({ input }: NonNullable<Event['workflowExecutionSignaledEventAttributes']>) {
    const given = valueOf(input?.payloads?.[0]);
    if (given === undefined) return 'empty';
    const isNamed = typeof given === 'object' && given !== null && 'gate' in given;
    if (!isNamed) return 'without a gate';
    return this.#open.size > 0 ? 'at a gate' : 'late';
  }
}

function valueOf(payload: Payload | undefined): unknown {
  const text = Buffer.from(payload?.data ?? '', 'base64').toString('utf8');
  return text === '' ? undefined : JSON.parse(text);
}

/** A title without what is drawn anew for each run. */
function plain(text: unknown): string {
  if (typeof text !== 'string') return '';
  return text
    .replace(/\b(ami|i|vol|snap|eipalloc|story)-[0-9a-f]{8,}/g, '$1-…')
    .replace(/\b\d+\.\d+\.\d+\.\d+\b/g, 'address')
    .replace(/[^\x20-\x7e…]/g, '?')
    .slice(0, 100);
}
