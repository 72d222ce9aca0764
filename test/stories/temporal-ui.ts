/** The stock Temporal UI in a browser, used as a person uses it. */
import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import {
  chromium,
  type Browser,
  type FrameLocator,
  type Locator,
  type Page,
} from 'playwright-core';
import { eventually } from './stage';

/** The browser's path; undefined where there is none. */
function chromiumPath(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin'];
  return folders.map((folder) => join(folder, 'chromium')).find((path) => existsSync(path));
}

/** Opens a browser that talks to nobody but the page's own server. */
export async function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath() ?? 'chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Pictures go to this folder, and to docs/images where KEEP_SCREENSHOTS=1. */
export async function picture(page: Page, path: string, of?: Locator): Promise<void> {
  // What slides in or fades is given the time to do so.
  await page.waitForTimeout(400);
  mkdirSync(join(path, '..'), { recursive: true });
  const clip = (await of?.boundingBox()) ?? undefined;
  const image = await page.screenshot({ path, ...(clip ? { clip } : {}) });
  if (image.length > 300_000) throw new Error(`${path} has ${String(image.length)} bytes`);
}

/** Types the one JSON object that the UI can send, and leaves the field, which then formats it. */
export async function typeJson(form: Locator, json: string): Promise<void> {
  const field = form.locator('.cm-content');
  await field.click();
  await form.page().keyboard.insertText(json);
  await form.getByText('json/plain').click();
  await field.getByText('"', { exact: false }).first().waitFor();
}

/** The Markdown on the tab User Metadata, once it has that text. */
export async function detailsWith(page: Page, text: string): Promise<FrameLocator> {
  await page.getByRole('tab', { name: 'User Metadata' }).click();
  const details = page.frameLocator('iframe');
  const wanted = details.getByText(text).first();
  await eventually(`"${text}" on User Metadata`, 60, async () => {
    if ((await wanted.count()) > 0) return true;
    // The page says: press R for freshness.
    await page.keyboard.press('r');
    await page.waitForTimeout(400);
    return undefined;
  });
  return details;
}

/** Opens the signal dialog and chooses a signal from its list, which says what each does. */
export async function openSignalDialog(page: Page, name: string): Promise<Locator> {
  await page.getByRole('button', { name: 'More Actions' }).click();
  await page.getByRole('menuitem', { name: 'Send a Signal' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Send a Signal' });
  await dialog.getByRole('button', { name: 'Select a signal' }).click();
  await dialog.getByRole('option', { name: new RegExp(`^${name} `) }).click();
  return dialog;
}

/** Sends what the dialog holds. */
export async function submit(dialog: Locator): Promise<void> {
  await dialog.getByRole('button', { name: 'Submit' }).click();
  await dialog.waitFor({ state: 'hidden' });
}
