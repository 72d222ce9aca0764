/** How `replicatedctl` shows data. */
import type { CommandOutput } from '../shapes';
import { failed, printed, type ParsedArguments } from './model';
import { renderTemplate } from './template';

/** Prints data as JSON, or through the template that was given. */
export function show(data: unknown, { options }: ParsedArguments): CommandOutput {
  const template = options.get('--template');
  if (template === undefined) {
    return printed(`${JSON.stringify(data, undefined, 4)}\n`);
  }
  try {
    return printed(`${renderTemplate(template, data)}\n`);
  } catch (error) {
    return failed(`Error: template: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}
