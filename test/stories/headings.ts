/** The headings of a runbook's page: one for each line of its journal, in order. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export function headingsOf(
  page: 'backup' | 'restore' | 'clean-up-builds' | 'prune' | 'refresh-spare' | 'drill',
  /** A setting without which some lines are missing: their text begins with it. */
  configured?: 'objectStorage',
): string[] {
  const text = readFileSync(join(__dirname, `../../docs/runbook/${page}.md`), 'utf8');
  return text
    .split(/^## /m)
    .slice(1)
    .filter(
      (section) => configured !== undefined || !section.includes('\n\nOnly with [`objectStorage`]'),
    )
    .map((section) => section.split('\n', 1).join('').replaceAll('`', ''));
}
