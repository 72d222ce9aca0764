/** cron: each minute it obeys the lines of `/etc/cron.d`; a file with a dot in its name is none. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SimulatedMachine } from '../shapes';
import type { Core } from './core';

const minute = 60;

/** What it runs on. */
interface Host extends Core, Omit<SimulatedMachine, keyof Core> {
  readonly power: AbortSignal;
}

/** Runs until the power goes. Only lines of every minute are known here. */
export function startCron(machine: Host): void {
  const { power } = machine;
  let isBusy = false;
  const tick = (): void => {
    if (power.aborted) return;
    machine.surroundings.clock.after(minute, tick);
    const lines = isBusy ? [] : linesOf(machine.root);
    if (lines.length === 0) return;
    isBusy = true;
    const runs = lines.map((line) => machine.surroundings.runScript(machine, line));
    void Promise.allSettled(runs).then(() => {
      isBusy = false;
    });
  };
  machine.surroundings.clock.after(minute, tick);
}

function linesOf(root: string): string[] {
  const folder = join(root, 'etc/cron.d');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^[\w-]+$/.test(name))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .flatMap((line) => /^(?:\* ){5}root (.+)$/.exec(line)?.[1] ?? []);
}
