/** How AWS names an error, wherever the error has travelled. */
import { ApplicationFailure } from '@temporalio/common';

/**
 * AWS's code of an error (`InvalidAMIName.Duplicate`): of a failure that the world made, where it
 * is `details[0].code`, or of the SDK's own error. Undefined where there is none.
 */
export function codeOf(error: unknown): string | undefined {
  if (error instanceof ApplicationFailure) return textAt(error.details?.[0], 'code');
  // Node's network errors carry `code`; those of AWS carry theirs as `name`.
  return textAt(error, 'code') ?? textAt(error, 'name');
}

function textAt(value: unknown, key: string): string | undefined {
  if (typeof value !== 'object' || value === null || !(key in value)) return undefined;
  const found: unknown = Reflect.get(value, key);
  return typeof found === 'string' ? found : undefined;
}
