/** Keeps reports as files: Temporal's history expires, the story of a restore should not. */
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { reportMarkdown } from '../../contract/report-markdown';
import type { Report, RunbookName } from '../../contract/reports';
import { writeWhole } from './whole-file';

/** Writes the report as Markdown and JSON into the folder; returns the path of the Markdown. */
export async function saveReport(folder: string, report: Report): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, fileName(report));
  await writeWhole(`${path}.json`, `${JSON.stringify(report, null, 2)}\n`);
  await writeWhole(`${path}.md`, reportMarkdown(report));
  return `${path}.md`;
}

/** The newest report of that workflow id in the folder; undefined when there is none. */
export async function findReport(
  folder: string,
  workflowId: string,
  format: 'md' | 'json',
): Promise<string | undefined> {
  const begin = `${nameOf(workflowId)}-`;
  const names = await readdir(folder).catch((): string[] => []);
  let newest = { path: '', at: 0 };
  for (const name of names) {
    // What follows the workflow id is eight characters of the run id, and no second workflow id.
    const end = name.startsWith(begin) ? name.slice(begin.length) : '';
    if (!/^[A-Za-z0-9._-]{8}\.\w+$/.test(end) || !end.endsWith(`.${format}`)) continue;
    const path = join(folder, name);
    const { mtimeMs } = await stat(path);
    if (mtimeMs > newest.at) newest = { path, at: mtimeMs };
  }
  return newest.path === '' ? undefined : readFile(newest.path, 'utf8');
}

/** Every report of that runbook in the folder; what cannot be read as one is passed over. */
export async function findReports(folder: string, runbook: RunbookName): Promise<Report[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const found: Report[] = [];
  for (const name of names.filter((one) => one.endsWith('.json'))) {
    const report = parsed(await readFile(join(folder, name), 'utf8'));
    if (report?.runbook === runbook) found.push(report);
  }
  return found;
}

function parsed(json: string): Report | undefined {
  try {
    const value: unknown = JSON.parse(json);
    const isReport = typeof value === 'object' && value !== null && 'journal' in value;
    return isReport ? (value as Report) : undefined;
  } catch {
    return undefined;
  }
}

function fileName({ workflowId, runId }: Report): string {
  return `${nameOf(workflowId)}-${safe(runId).slice(-8)}`;
}

function nameOf(workflowId: string): string {
  return safe(workflowId).slice(0, 100);
}

/** A workflow id may hold any character, also those that lead out of the folder. */
function safe(text: string): string {
  return text.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^\.+/, '');
}
