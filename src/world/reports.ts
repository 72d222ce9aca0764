/** Keeps reports as files: Temporal's history expires, the story of a restore should not. */
import { randomBytes } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reportMarkdown } from '../contract/report-markdown';
import type { Report } from '../contract/reports';

/** Writes the report as Markdown and JSON into the folder; returns the path of the Markdown. */
export async function saveReport(folder: string, report: Report): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, fileName(report));
  await writeWhole(`${path}.json`, `${JSON.stringify(report, null, 2)}\n`);
  await writeWhole(`${path}.md`, reportMarkdown(report));
  return `${path}.md`;
}

function fileName({ workflowId, runId }: Report): string {
  // A workflow id may hold any character, also those that lead out of the folder.
  const safe = (text: string): string => text.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^\.+/, '');
  return `${safe(workflowId).slice(0, 100)}-${safe(runId).slice(-8)}`;
}

// In one rename, so that a reader never meets half a report.
async function writeWhole(path: string, text: string): Promise<void> {
  const part = `${path}.${randomBytes(4).toString('hex')}.part`;
  await writeFile(part, text);
  await rename(part, path);
}
