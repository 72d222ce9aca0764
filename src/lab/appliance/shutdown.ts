/** `shutdown` and `poweroff`: the machine switches itself off; EC2 hears of it. */
import type { ApplianceCommand } from '../shapes';
import { failed, modelOf, parseArguments, printed } from './model';

const task = 'shut-down';

/** `shutdown -h now|+MINUTES`, and `shutdown -c`. */
export const shutdown: ApplianceCommand = (machine, { args }) => {
  const { agenda } = modelOf(machine);
  const { words, options } = parseArguments(args, []);
  if (options.has('-c')) {
    agenda.cancel(task);
    return printed('');
  }
  const [, minutes] = /^\+?(\d+)$/.exec(words[0] === 'now' ? '+0' : (words[0] ?? '+1')) ?? [];
  if (minutes === undefined) {
    return failed(`Failed to parse time specification: ${words[0] ?? ''}\n`);
  }
  agenda.cancel(task);
  agenda.plan(task, Number(minutes) * 60 + 1);
  return printed('');
};

/** `poweroff`, with or without -f. */
export const poweroff: ApplianceCommand = (machine) => {
  modelOf(machine).agenda.plan(task, 1);
  return printed('');
};
