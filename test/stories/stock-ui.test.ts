import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { needs } from '../requirements';
import { control, setStage, type Stage } from './stage';
import {
  detailsWith,
  openBrowser,
  openSignalDialog,
  picture,
  submit,
  typeJson,
} from './temporal-ui';
import { madeByRestores, machineOf, restoredMachine, sourceId } from './world-checks';

jest.setTimeout(120_000);

const describeInBrowser = needs('chromium') ? describe : describe.skip;
const workflowId = 'restore-prod';
const narrow = { width: 1120, height: 980 };
const wide = { width: 1440, height: 1130 };

describeInBrowser("with nothing but Temporal's own UI", () => {
  let stage: Stage;
  let browser: Browser;
  let page: Page;
  const pictures = mkdtempSync(join(tmpdir(), 'runbook-pictures-'));

  beforeAll(async () => {
    stage = await setStage({ taskQueue: 'runbook' });
    const backup = await stage.start('backup', { installation: 'prod' });
    await backup.report();
    await control(stage.lab, `/machines/${sourceId}/lose`);
    browser = await openBrowser();
    page = await browser.newPage({ viewport: narrow });
    page.setDefaultTimeout(15_000);
  });
  afterAll(async () => {
    await browser.close();
    await stage.close();
    keep(pictures);
  });

  const ui = (path: string): string =>
    `${process.env['STORIES_TEMPORAL_UI'] ?? ''}/namespaces/default/workflows${path}`;

  test('a person starts a restore from the form', async () => {
    const prefilled = `workflowId=${workflowId}&taskQueue=${stage.taskQueue}&workflowType=restore`;
    await page.goto(ui(`/start-workflow?${prefilled}`));
    await page.getByText('Task Queue is Active').waitFor();
    await typeJson(page.getByRole('main'), '{"installation":"prod"}');
    await picture(page, join(pictures, 'start-form.png'));
    await page.getByRole('button', { name: 'Start Workflow' }).click();
    await page.getByRole('link', { name: 'Workflow started successfully' }).click();
    await page.getByRole('heading', { name: workflowId }).waitFor();
  });

  test('reads what it will do on User Metadata, and lets it launch from the signal dialog', async () => {
    await page.setViewportSize(wide);
    const details = await detailsWith(page, '⏳ Approve the launch');
    await details.getByText('What will change:').waitFor();
    expect(await rowOf('Plan the restore')).toMatch(/^✅\tPlan the restore\tfrom ami-/);
    expect(madeByRestores(stage)).toEqual([]);

    const answer = await answerOf('Approve the launch', 'seen the plan');
    const dialog = await openSignalDialog(page, 'approve');
    await typeJson(dialog, answer);
    await picture(page, join(pictures, 'signal-dialog.png'));
    await submit(dialog);
  });

  test('changes the DNS record when it is asked to, and says so', async () => {
    await detailsWith(page, '⏳ Change the DNS record');
    expect(await rowOf('Approve the launch')).toContain('approved by ana: seen the plan');
    await picture(page, join(pictures, 'user-metadata.png'));

    const { publicAddress } = machineOf(stage, madeByRestores(stage)[0]);
    await control(stage.lab, '/dns', { name: 'circleci.example.com', address: publicAddress });
    const answer = await answerOf('Change the DNS record', 'record changed');
    const dialog = await openSignalDialog(page, 'approve');
    await typeJson(dialog, answer);
    await submit(dialog);
  });

  test('sees it complete, step by step in the timeline', async () => {
    await page.getByRole('tab', { name: 'History' }).click();
    await page.getByText('Completed', { exact: true }).first().waitFor({ timeout: 60_000 });
    await page.setViewportSize({ width: 1440, height: 1700 });
    await page.getByRole('button', { name: 'Descending' }).click();
    await page.getByRole('button', { name: 'Minimized' }).click();
    const timeline = page.getByRole('img').filter({ hasText: 'recordEnd • Write the report' });
    await timeline.waitFor();
    const rows = await timeline.getByRole('button').allTextContents();
    const instructions = rows.flatMap((row) => /\d\. .*|approve$/.exec(row.trim()) ?? []);
    expect(instructions).toEqual([
      'approve',
      '1. Launch an instance from the image',
      '2. Stop the app',
      'approve',
      '4. Update the IP addresses',
      '5. Remove /opt/nomad',
      // Confirmed, once Replicated runs.
      '3. Fix the hostname',
      '6. Restart the app',
    ]);
    await picture(page, join(pictures, 'timeline.png'), timeline);
    restoredMachine(stage);

    await detailsWith(page, 'restore of prod: done');
    expect(await rowOf('6. Restart the app')).toMatch(/^✅\t6\. Restart the app\t/);
  });

  /** The cells of a line of the journal, with tabs between them. */
  function rowOf(title: string): Promise<string> {
    return page.frameLocator('iframe').getByRole('row').filter({ hasText: title }).innerText();
  }

  /** The object that the page tells to send, with a name and a note. */
  async function answerOf(heading: string, note: string): Promise<string> {
    const details = await detailsWith(page, `⏳ ${heading}`);
    const example: unknown = JSON.parse(await details.locator('pre').innerText());
    expect(example).toMatchObject({ by: 'YOUR NAME' });
    return JSON.stringify({ ...(example as object), by: 'ana', note });
  }
});

/** Pictures for the pages in docs are kept on request; otherwise they only prove what was seen. */
function keep(folder: string): void {
  if (process.env['KEEP_SCREENSHOTS'] === '1') {
    const images = join(__dirname, '../../docs/images');
    mkdirSync(images, { recursive: true });
    for (const name of readdirSync(folder)) copyFileSync(join(folder, name), join(images, name));
  }
  rmSync(folder, { recursive: true });
}
