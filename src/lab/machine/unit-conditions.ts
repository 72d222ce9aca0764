/** Files beside a unit that keep init from starting it: conditions of systemd, `manual` of Upstart. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Whether every `ConditionPathExists=` in the unit's drop-ins is met. */
export function meetsConditions(root: string, unit: string): boolean {
  const folders = ['etc', 'run'].map((top) => join(root, top, `systemd/system/${unit}.service.d`));
  const texts = folders.filter((folder) => existsSync(folder)).flatMap(dropIns);
  return texts
    .flatMap((text) => [...text.matchAll(/^ConditionPathExists=(!?)(\/\S+)$/gm)])
    .every(([, not, path = '']) => existsSync(join(root, path)) === (not === ''));
}

function dropIns(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.conf'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}

/** Whether an override of Upstart keeps the job from starting by itself. */
export function isManual(root: string, job: string): boolean {
  const path = join(root, `etc/init/${job}.override`);
  return existsSync(path) && /^manual\b/m.test(readFileSync(path, 'utf8'));
}
