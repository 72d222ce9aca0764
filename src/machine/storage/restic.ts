/** What restic prints with `--json`: https://restic.readthedocs.io/en/stable/075_scripting.html */
import { z } from 'zod';
import { jsonOf } from '../text/json';

const status = z.object({
  message_type: z.literal('status'),
  percent_done: z.number().default(0),
  total_files: z.number().optional(),
  files_done: z.number().optional(),
  files_restored: z.number().optional(),
});

const snapshots = z.array(
  z.object({ id: z.string(), time: z.string(), paths: z.array(z.string()) }),
);

/** A snapshot in a repository. */
export type Snapshot = z.infer<typeof snapshots>[number];

/** The newest snapshot of a list; undefined where there is none. */
export function newestSnapshot(text: string): Snapshot | undefined {
  const found = snapshots.safeParse(jsonOf(text)).data ?? [];
  return found.toSorted((one, other) => Date.parse(one.time) - Date.parse(other.time)).at(-1);
}

/** How a work stands: under way, ended with a status, or gone without one. */
export interface ResticProgress {
  readonly state: 'running' | 'lost' | 'ended';
  readonly exitCode?: number;
  /** A few words for a person who watches. */
  readonly words: string;
  /** The last lines that are no JSON: what restic complained of. */
  readonly said: string;
}

/** Reads the answer of `readResticProgress`: the state in its first line, then the end of the log. */
export function parseProgress(text: string): ResticProgress {
  const [first = '', ...log] = text.split('\n');
  const exitCode = /^\d+$/.test(first) ? Number(first) : undefined;
  const parsed = log.map((line) => status.safeParse(jsonOf(line)).data);
  const newest = parsed.findLast((one) => one !== undefined);
  const said = log
    .filter((line) => line.trim() !== '' && !isStatus(line))
    .slice(-5)
    .join('\n');
  return {
    state: exitCode === undefined ? (first === 'lost' ? 'lost' : 'running') : 'ended',
    exitCode,
    words: newest ? wordsOf(newest) : 'restic has begun',
    said: said.slice(-600),
  };
}

function wordsOf(newest: z.infer<typeof status>): string {
  const percent = `${String(Math.floor(newest.percent_done * 100))}%`;
  const done = newest.files_done ?? newest.files_restored;
  if (newest.total_files === undefined) return `restic: ${percent}`;
  return `restic: ${percent}, ${String(done ?? 0)} of ${String(newest.total_files)} files`;
}

// The tail of the log may begin within a line of JSON.
function isStatus(line: string): boolean {
  return /"message_type":"(status|summary|verbose_status)"/.test(line) || line.endsWith('}');
}
