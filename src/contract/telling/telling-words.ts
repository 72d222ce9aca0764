/** A message as people read it, in a chat or a mail: plain words; each place escapes them its way. */
import { plain, shorten } from '../markdown';
import { printable } from '../printable';
import { answerCommand, type EndMessage, type GateMessage, type Message } from './telling';

/** Every text in it is free of control characters; `details` alone has line breaks. */
export interface Words {
  readonly subject: string;
  readonly details: string;
  /** Commands to paste, each in one line. */
  readonly commands: readonly string[];
  /** Small print: which run, until when. */
  readonly footer: string;
}

/** Says a message in words. */
export function wordsOf(message: Message): Words {
  const words = inWords(message);
  return {
    subject: printable(shorten(words.subject, 140)),
    details: shorten(words.details, 2800).split('\n').map(printable).join('\n'),
    commands: words.commands.map(printable),
    footer: printable(shorten(words.footer, 600)),
  };
}

function inWords(message: Message): Words {
  if (message.event === 'end') return endInWords(message);
  if ('gate' in message) return gateInWords(message);
  const { event, what, todo, since } = message;
  return {
    subject: event === 'over' ? `Over: ${what}` : what,
    details: event === 'over' ? `It began at ${since}.` : todo,
    commands: [],
    footer: `seen since ${since} by runbook watch`,
  };
}

function gateInWords({ gate, appStopped, ...run }: GateMessage): Words {
  const still = run.event === 'reminder' ? 'Still waits' : 'Waits for a person';
  const stopped = appStopped
    ? `The app on ${appStopped.instanceId} is stopped by this run since ${appStopped.since}.\n\n`
    : '';
  return {
    subject: `${still}: ${gate.title} (${run.runbook} of ${run.installation})`,
    details: stopped + plain(gate.details),
    commands: gate.answers.map((verb) => answerCommand(verb, gate, run.workflowId)),
    footer: `${run.workflowId}, open since ${gate.openedAt}, until ${gate.expiresAt}`,
  };
}

function endInWords(end: EndMessage): Words {
  const lines = [
    end.summary,
    ...end.notes.map((note) => `note: ${note}`),
    ...(end.checks ?? [])
      .filter(({ ok }) => !ok)
      .map(({ name, seen }) => `failed: ${name}: ${seen}`),
    ...end.leftToDo.map((line) => `to do: ${line}`),
  ];
  return {
    subject: `${end.runbook} of ${end.installation}: ${end.status}`,
    details: lines.join('\n'),
    commands: [],
    footer: `${end.workflowId}, from ${end.startedAt} to ${end.endedAt}`,
  };
}
