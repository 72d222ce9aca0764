import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { presentCli } from '../../../src/cli/temporal/find-cli';
import { startTemporal } from '../../../src/cli/temporal/dev-server';
import {
  missingAttributes,
  prepareNamespace,
  readRetentionDays,
  runbookAttributes,
} from '../../../src/cli/temporal/prepare-namespace';
import { searchAttributeNames } from '../../../src/contract/search-attributes';

const cliPath = process.env['TEMPORAL_CLI'] ?? presentCli(process.env);
const required = process.env['REQUIRE_ALL'] === '1';
const withServer = cliPath === undefined && !required ? describe.skip : describe;

it('prepares the search attributes that the workflows set', () => {
  expect([...runbookAttributes].sort()).toEqual([...searchAttributeNames].sort());
});

it('is tried again on other ports when one was taken meanwhile, and says so in the end', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dev-server-'));
  const cliPath = join(folder, 'temporal');
  const said = 'listen tcp 127.0.0.1:7233: bind: address already in use';
  writeFileSync(cliPath, `#!/bin/sh\necho "$@" >>"$0.starts"\necho '${said}'\nexit 2\n`, {
    mode: 0o755,
  });
  const place = { cliPath, dbFile: join(folder, 't.db'), logFile: join(folder, 't.log') };
  try {
    await expect(startTemporal(place)).rejects.toThrow(`${said}. End what listens there`);
    const starts = readFileSync(`${cliPath}.starts`, 'utf8').trim().split('\n');
    expect(starts).toHaveLength(5);
    expect(new Set(starts).size).toBe(5);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

withServer('the development server', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dev-server-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const place = () => ({
    cliPath: cliPath ?? 'temporal',
    dbFile: join(folder, 'temporal.db'),
    logFile: join(folder, 'temporal.log'),
  });

  it('comes up prepared, and again prepared on the same database after it was killed', async () => {
    const first = await startTemporal(place());
    const before = await Connection.connect({ address: first.address });
    expect(await readRetentionDays(before, 'default')).toBe(90);
    expect(await missingAttributes(before, 'default')).toEqual([]);
    await before.workflowService.startWorkflowExecution({
      namespace: 'default',
      workflowId: 'kept',
      workflowType: { name: 'restore' },
      taskQueue: { name: 'nobody' },
      requestId: 'once',
    });
    await before.close();
    process.kill(first.pid, 'SIGKILL');
    await first.ended;
    await first.stop();

    const second = await startTemporal(place());
    try {
      expect(second.pid).not.toBe(first.pid);
      const after = await Connection.connect({ address: second.address });
      expect(await readRetentionDays(after, 'default')).toBe(90);
      expect(await missingAttributes(after, 'default')).toEqual([]);
      const kept = await after.workflowService.describeWorkflowExecution({
        namespace: 'default',
        execution: { workflowId: 'kept' },
      });
      expect(kept.workflowExecutionInfo?.type?.name).toBe('restore');
      await expect(prepareNamespace(after, 'default')).resolves.toBeUndefined();
      await after.close();
      const ui = await fetch(second.uiUrl);
      expect(ui.status).toBe(200);
    } finally {
      await second.stop();
    }
    expect(() => process.kill(second.pid, 0)).toThrow();
  });

  it('says what the program said when it ends by itself', async () => {
    const broken = { ...place(), cliPath: process.execPath };
    await expect(startTemporal(broken)).rejects.toThrow(/ended by itself \(exit 1\)[\s\S]+server/);
  });
});
