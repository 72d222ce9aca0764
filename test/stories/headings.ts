/** The headings of a runbook's page: one for each line of its journal, in order. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export function headingsOf(page: 'backup' | 'restore' | 'clean-up-builds' | 'prune'): string[] {
  const text = readFileSync(join(__dirname, `../../docs/runbook/${page}.md`), 'utf8');
  return [...text.matchAll(/^## (.+)$/gm)].map(([, title = '']) => title.replaceAll('`', ''));
}
