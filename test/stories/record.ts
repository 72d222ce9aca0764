/**
 * Takes recordings of what the stories have played, when RECORD_HISTORIES is set: of every history
 * on their server as few as show everything that any of them shows. Those of before that replay
 * stay; see CONTRIBUTING.md.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { replayAll } from '../recordings/replaying';
import { next, placesIn, recordings, shelf, type Recording } from '../recordings/shelf';
import { traitsOf, typeOf, type History } from '../recordings/traits';

/** Larger ones show little that smaller ones do not. */
const mostBytes = 400_000;

interface Candidate {
  readonly text: string;
  readonly history: History;
  readonly traits: readonly string[];
}

/** Writes what is to be kept of the server's histories into test/histories/next. */
export async function recordHistories(address: string): Promise<void> {
  const shown = new Set<string>();
  for (const { history } of await stillFit())
    for (const trait of traitsOf(history)) shown.add(trait);
  const connection = await Connection.connect({ address });
  const candidates: Candidate[] = [];
  try {
    const client = new Client({ connection });
    for await (const { workflowId, runId } of client.workflow.list()) {
      const text = await fetch(client, workflowId, runId);
      const history = JSON.parse(text) as History;
      if (text.length > mostBytes || tellsOfItsMachine(text)) continue;
      candidates.push({ text, history, traits: traitsOf(history) });
    }
  } finally {
    await connection.close();
  }
  const folder = join(shelf, next);
  mkdirSync(folder, { recursive: true });
  for (const { text, file } of chosen(candidates, shown)) {
    writeFileSync(join(folder, file), text, { flag: 'wx' });
    console.log(`test/histories/${next}/${file}`);
  }
}

/** Those of `next` that do not replay are out of use, and go; those of a release never do. */
async function stillFit(): Promise<Recording[]> {
  const outcomes = await replayAll(recordings());
  for (const { recording, error } of outcomes) {
    if (error && recording.folder === next) rmSync(join(shelf, next, recording.file));
  }
  return outcomes.flatMap(({ recording, error }) => (error ? [] : [recording]));
}

/** The history as text, an event a line, without what tells of the machine that recorded it. */
async function fetch(client: Client, workflowId: string, runId: string): Promise<string> {
  const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const { events } = JSON.parse(historyToJSON(history)) as { events: object[] };
  const lines = events.map((event) => JSON.stringify(event, withoutPlace));
  return `{"events":[\n${lines.join(',\n')}\n]}\n`;
}

/** Drops what no replay reads: inputs of activities are most of a history. */
function withoutPlace(key: string, value: unknown): unknown {
  if (key === 'identity') return 'worker';
  if (key === 'stackTrace') return '';
  if (key !== 'activityTaskScheduledEventAttributes') return value;
  const { input: _, ...rest } = value as Readonly<Record<string, unknown>>;
  return rest;
}

/** Of a machine's own paths nothing may be kept; the payloads are base64. */
function tellsOfItsMachine(text: string): boolean {
  return placesIn(text).length > 0;
}

interface Chosen extends Candidate {
  readonly file: string;
}

/** Greedily, those that show most of what is not shown yet for their size. */
function chosen(candidates: readonly Candidate[], shown: Set<string>): Chosen[] {
  const taken: Chosen[] = [];
  for (;;) {
    const worth = candidates
      .map((one) => ({ one, fresh: one.traits.filter((trait) => !shown.has(trait)) }))
      .filter(({ fresh }) => fresh.length > 0)
      .sort((a, b) => b.fresh.length / b.one.text.length - a.fresh.length / a.one.text.length);
    const [best] = worth;
    if (best === undefined) return taken;
    for (const trait of best.one.traits) shown.add(trait);
    taken.push({ ...best.one, file: fileNameFor(best.one, best.fresh) });
  }
}

/** Named by the most telling of what it is kept for. */
function fileNameFor({ history }: Candidate, fresh: readonly string[]): string {
  const telling = ['reset', ' gate ', 'signal', 'update', 'cancel', 'waits', 'ends', 'failed', ''];
  const trait = telling.flatMap((word) => fresh.filter((one) => one.includes(word)))[0] ?? '';
  const name = trait
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60);
  const begin = history.events[0] as { readonly taskId?: string } | undefined;
  return `${typeOf(history)}-${name.replace(/^[a-z]+-/, '')}-${begin?.taskId ?? ''}.json`;
}
