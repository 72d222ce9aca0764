import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { reportMarkdown } from '../../../src/contract/report-markdown';
import { findReport, saveReport } from '../../../src/world/files/reports';
import { report } from '../../contract/sample-report';

describe('a saved report', () => {
  const top = mkdtempSync(join(tmpdir(), 'runbook-reports-'));
  const folder = join(top, 'deep', 'reports');
  afterAll(() => {
    rmSync(top, { recursive: true });
  });

  it('is a page and its data, named after the run, and nothing else', async () => {
    const path = await saveReport(folder, report);
    expect(path).toBe(join(folder, 'restore-prod-099a8057.md'));
    expect(readFileSync(path, 'utf8')).toBe(reportMarkdown(report));
    expect(JSON.parse(readFileSync(path.replace(/md$/, 'json'), 'utf8'))).toEqual(report);
    expect(readdirSync(folder).sort()).toEqual([
      'restore-prod-099a8057.json',
      'restore-prod-099a8057.md',
    ]);
  });

  it('replaces an earlier one of the same run', async () => {
    const path = await saveReport(folder, { ...report, summary: 'Aborted.' });
    expect(readFileSync(path, 'utf8')).toContain('Aborted.');
    expect(readdirSync(folder)).toHaveLength(2);
  });

  it('is found by the workflow id, and the newest of its runs is given', async () => {
    await saveReport(folder, { ...report, workflowId: 'restore-prod-2', summary: 'Another run.' });
    const again = { ...report, runId: '0c5f8a6e-1111-4222-8333-000000000001' };
    await sleep(20);
    await saveReport(folder, { ...again, summary: 'The newest.' });
    expect(await findReport(folder, report.workflowId, 'md')).toContain('The newest.');
    expect(await findReport(folder, report.workflowId, 'json')).toContain('"The newest."');
    expect(await findReport(folder, 'restore', 'md')).toBeUndefined();
    expect(await findReport(join(folder, 'nowhere'), report.workflowId, 'md')).toBeUndefined();
  });

  const names = ['../../etc/passwd', '/etc/passwd', '..', 'a b:c\\d\0e', 'ü'.repeat(300)];
  it.each(names)('stays in its folder, whatever the run is called: %j', async (workflowId) => {
    const path = await saveReport(folder, { ...report, workflowId });
    expect(dirname(path)).toBe(folder);
  });
});
