/** The lab's journal: every call, command and dial, in order, in a file that only grows. */
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import { z } from 'zod';
import type { LabClock, LabEvent, LabJournal } from './shapes';

const labEvent = z.object({
  seq: z.number(),
  at: z.string(),
  kind: z.enum(['ec2', 'command', 'dial', 'boot', 'app', 'api', 'unit', 'ssh', 'fault', 'control']),
  machine: z.string().optional(),
  text: z.string(),
  data: z.record(z.string(), z.unknown()).optional(),
});

function readEvents(path: string): LabEvent[] {
  if (!existsSync(path)) {
    return [];
  }
  const content = readFileSync(path);
  // A lab that was killed may have left half a line; only whole lines happened.
  const whole = content.subarray(0, content.lastIndexOf('\n') + 1);
  if (whole.length < content.length) {
    truncateSync(path, whole.length);
  }
  return whole
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => labEvent.parse(JSON.parse(line)));
}

/** When the last entry of a journal file was written (simulated milliseconds); 0 without one. */
export function lastEntryAt(path: string): number {
  const last = readEvents(path).at(-1);
  return last === undefined ? 0 : Date.parse(last.at);
}

/** Opens the journal file (JSON Lines) and goes on after its last entry. */
export function openJournal(path: string, clock: LabClock): LabJournal {
  const events = readEvents(path);
  let lastSeq = events.at(-1)?.seq ?? 0;
  return {
    write(event) {
      lastSeq += 1;
      const entry: LabEvent = { seq: lastSeq, at: new Date(clock.now()).toISOString(), ...event };
      appendFileSync(path, `${JSON.stringify(entry)}\n`);
      events.push(entry);
    },
    // Sequence numbers have no gaps, so the entry after `seq` stands at that index.
    since: (seq) => events.slice(Math.max(0, seq)),
  };
}
