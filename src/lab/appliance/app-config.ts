/** `replicatedctl app-config`: the app's configuration items, some of which hold secrets. */
import type { Machine } from '../machine/machine';
import type { CommandOutput } from '../shapes';
import { addressesOf } from './host-names';
import { failed, printed, type ParsedArguments } from './model';
import { show } from './show';

/** Runs `export`, `view` or `set`. */
export function appConfig(machine: Machine, verb: string, parsed: ParsedArguments): CommandOutput {
  switch (verb) {
    case 'export':
    case 'view':
      return show(itemsOf(machine, parsed.options.has('--hidden')), parsed);
    case 'set':
      return setItem(machine, parsed);
    default:
      return failed(`Error: unknown command "${verb}" for "replicatedctl app-config"\n`);
  }
}

/** Items as the export shows them; one without a value is an empty object. */
function itemsOf(machine: Machine, hidden: boolean): Record<string, object> {
  const items = Object.entries(machine.state.durable.config)
    .filter(([, item]) => hidden || item.hidden !== true)
    .map(([name, { value, data }]): [string, object] => [
      name,
      { ...(value === undefined ? {} : { value }), ...(data === undefined ? {} : { data }) },
    ]);
  return Object.fromEntries(items);
}

function setItem(machine: Machine, { words, options }: ParsedArguments): CommandOutput {
  const name = words[2] ?? '';
  const value = options.get('--value');
  const data = options.get('--data');
  const { config } = machine.state.durable;
  const item = config[name];
  if (item === undefined || (value === undefined && data === undefined)) {
    return failed(`Error: cannot set config item "${name}"\n`);
  }
  const checked = name === 'hostname' && value !== undefined && !options.has('--skip-validation');
  if (checked && addressesOf(machine, value).length === 0) {
    return failed(`Error: test resolve_host failed: lookup ${value}: no such host\n`);
  }
  // The daemon takes the new value of such an item without a word and forgets it.
  if (item.writeOnce !== true) {
    config[name] = {
      ...item,
      ...(value === undefined ? {} : { value }),
      ...(data === undefined ? {} : { data }),
    };
    machine.state.saveDurable();
  }
  return printed('');
}
