/**
 * What people are told of a run, and what is known of who heard it. A message is tried until a
 * receiver takes it; each try of one message has the same id, by which receivers know a repetition.
 */
import { quote } from '../../machine/shell/quoting';
import type { Answer, OpenGate } from '../journal';
import { isPrintable } from '../printable';
import type { Report } from '../reports';

interface AboutRun {
  /** The same with each try of this message. */
  readonly id: string;
  readonly runbook: string;
  readonly installation: string;
  readonly workflowId: string;
  readonly runId: string;
}

/** An app that a run has stopped and not yet started again. */
export interface AppStopped {
  readonly instanceId: string;
  /** ISO 8601. */
  readonly since: string;
}

/** A gate waits; as a reminder, it still does. */
export interface GateMessage extends AboutRun {
  readonly event: 'gate' | 'reminder';
  readonly gate: OpenGate;
  readonly appStopped?: AppStopped;
}

/** A run has ended: its report without what is long. */
export interface EndMessage
  extends AboutRun, Omit<Report, 'journal' | 'record' | 'buildsAtBackup' | keyof AboutRun> {
  readonly event: 'end';
}

/** What is told of the end of a run. */
export function endOf(report: Report): EndMessage {
  const { journal, record, buildsAtBackup, ...brief } = report;
  return { event: 'end', id: `${report.runId}-end`, ...brief };
}

/** Something that `runbook watch` has seen from outside, or that it is over. */
export interface WatchMessage {
  readonly event: 'trouble' | 'over';
  readonly id: string;
  /** What it is about, the same for as long as it lasts. */
  readonly fact: string;
  readonly what: string;
  readonly todo: string;
  /** ISO 8601: when it was first seen. */
  readonly since: string;
}

export type Message = GateMessage | EndMessage | WatchMessage;

/** The command that sends one answer, ready to paste: quoted where a shell would read more than it. */
export function answerCommand(
  verb: Answer,
  gate: Pick<OpenGate, 'id'>,
  workflowId: string,
): string {
  const note = verb === 'skip' ? " --note 'why'" : '';
  const options = `--by YOUR-NAME --gate ${word(gate.id)}${note}`;
  // A name that begins with a dash is no option.
  return workflowId.startsWith('-')
    ? `runbook ${verb} ${options} -- ${word(workflowId)}`
    : `runbook ${verb} ${word(workflowId)} ${options}`;
}

/** One word for a POSIX shell; control characters as bash's `$'…'` writes them. */
function word(value: string): string {
  if (/^[\w@%+=:,./-]+$/.test(value)) return value;
  if (isPrintable(value)) return quote(value);
  const escaped = Array.from(value, (one) => {
    if (isPrintable(one) && one !== "'" && one !== '\\') return one;
    const code = one.codePointAt(0) ?? 0;
    return code < 0x80
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\U${code.toString(16).padStart(8, '0')}`;
  });
  return `$'${escaped.join('')}'`;
}
