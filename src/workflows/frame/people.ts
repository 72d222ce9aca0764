/**
 * Whom a run tells, and when: each gate when it opens and again while it waits, and the run's end.
 * In the background: a receiver that is down holds nothing up.
 */
import {
  CancellationScope,
  isCancellation,
  ParentClosePolicy,
  patched,
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { JournalEntry, OpenGate } from '../../contract/journal';
import { nextReminder, type Reminding } from '../../contract/telling/patience';
import type { Settings } from '../../contract/plan';
import type { Report } from '../../contract/reports';
import { endOf, type GateMessage, type Message } from '../../contract/telling/telling';
import type { Told } from '../../contract/telling/told';
import { notifyPeople } from './acts';
import { troubleOf } from './failures';
import type { RunState } from './state';
import { perform } from './perform';
import { tell, tellBriefly, tellUntilTaken, untold, type Rest, type Telling } from './telling';

/** Runs of before tell once, and have no reminders. */
const untilTaken = 'people are told until somebody took it';

const firstReminding: Reminding = { after: 3600, beforeEnd: 3600, appStopped: 900 };
const week = 7 * 86_400;

/** The people of one run. */
export class People {
  private readonly open: Promise<unknown>[] = [];

  constructor(
    private readonly state: RunState,
    private readonly settings: () => Settings | undefined,
  ) {}

  /** Tells of the gate until it is closed, which the returned function says. */
  gateOpened(gate: OpenGate): () => void {
    if (!patched(untilTaken)) {
      this.open.push(this.notifyOnce(gate));
      return () => undefined;
    }
    const told = untold();
    const entry = this.state.journal.findLast(({ state }) => state === 'waiting');
    if (entry) entry.told = told;
    const scope = new CancellationScope();
    this.open.push(scope.run(() => this.tellOfGate(gate, told)).catch(onlyCancelled));
    return () => {
      if (told.state === 'trying') told.state = 'over';
      scope.cancel();
    };
  }

  /** Waits for what is being told of gates that are closed. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.open);
  }

  /** Tells the end. What nobody takes at once goes on in a workflow of its own. */
  async ended(report: Report, entry: JournalEntry): Promise<boolean> {
    if (!patched(untilTaken)) return false;
    const told = untold();
    entry.told = told;
    const telling = this.telling(endOf(report), told, `Tell people: ${entry.title}`);
    const isEnough = await tellBriefly(telling).catch((error: unknown) => {
      told.missed = [{ receiver: 'the worker', why: troubleOf(error).message }];
      return false;
    });
    if (!isEnough) await this.goOn(telling);
    return true;
  }

  private async goOn({ message, told, limits }: Telling): Promise<void> {
    const { runId } = workflowInfo();
    const seconds = this.settings()?.telling?.keepTrying ?? week;
    const rest: Rest = { message, heard: told.heard, limits, seconds };
    try {
      await startChild(tell, {
        workflowId: `tell-end-of/${runId}`,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: 'Tell people of the end of a run',
        args: [rest],
      });
      told.goesOn = `tell-end-of/${runId}`;
    } catch (error) {
      told.state = 'given up';
      told.missed = [...told.missed, { receiver: 'Temporal', why: troubleOf(error).message }];
    }
  }

  private telling(message: Message, told: Told, summary: string): Telling {
    return {
      message,
      told,
      summary,
      limits: this.settings()?.limits,
      onChange: () => {
        this.state.publish();
      },
    };
  }

  /** Each reminder takes the place of what was told before and not taken by all. */
  private async tellOfGate(gate: OpenGate, told: Told): Promise<void> {
    const openedAt = Date.parse(gate.openedAt);
    const gateSeconds = (Date.parse(gate.expiresAt) - openedAt) / 1000;
    for (;;) {
      const scope = new CancellationScope();
      const { appStopped } = this.state.findings;
      const telling = this.telling(this.messageOf(gate, told), told, summaryOf(gate, told));
      const under = scope.run(() => tellUntilTaken(telling)).catch(onlyCancelled);
      const now = (Date.now() - openedAt) / 1000;
      const next = nextReminder(
        { gateSeconds, now, given: told.reminders },
        appStopped !== undefined,
        this.settings()?.telling?.reminders ?? firstReminding,
      );
      if (next === undefined) return under;
      await sleep((next - now) * 1000);
      scope.cancel();
      await under;
      told.reminders += 1;
    }
  }

  private messageOf(gate: OpenGate, { reminders }: Told): GateMessage {
    const { workflowId, runId } = workflowInfo();
    const { runbook, installation, findings } = this.state;
    return {
      event: reminders === 0 ? 'gate' : 'reminder',
      id: `${runId}-${gate.id}-${String(reminders)}`,
      runbook,
      installation,
      workflowId,
      runId,
      gate,
      ...(findings.appStopped ? { appStopped: findings.appStopped } : {}),
    };
  }

  private notifyOnce(gate: OpenGate): Promise<unknown> {
    const { workflowId, runId } = workflowInfo();
    const { runbook, installation } = this.state;
    const message = { event: 'gate', runbook, installation, workflowId, runId, gate };
    const summary = `Tell people: ${gate.title}`.slice(0, 80);
    const how = { summary, settings: this.settings(), ofRun: undefined };
    return perform(notifyPeople, { message }, how).catch(() => undefined);
  }
}

function summaryOf({ title }: OpenGate, { reminders }: Told): string {
  return reminders === 0 ? `Tell people: ${title}` : `Remind people: ${title}`;
}

/** Nothing else can come of it: what nobody takes is tried again. */
function onlyCancelled(error: unknown): void {
  if (!isCancellation(error)) throw error;
}
