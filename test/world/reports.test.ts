import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { reportMarkdown } from '../../src/contract/report-markdown';
import { saveReport } from '../../src/world/reports';
import { report } from '../contract/sample-report';

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

  const names = ['../../etc/passwd', '/etc/passwd', '..', 'a b:c\\d\0e', 'ü'.repeat(300)];
  it.each(names)('stays in its folder, whatever the run is called: %j', async (workflowId) => {
    const path = await saveReport(folder, { ...report, workflowId });
    expect(dirname(path)).toBe(folder);
  });
});
