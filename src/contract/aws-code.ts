/** How AWS names an error, wherever the error has travelled. */
/**
 * AWS's code of an error (`InvalidAMIName.Duplicate`): of a failure that the world made, where it
 * is `details[0].code`, or of the SDK's own error. Undefined where there is none.
 */
export function codeOf(error: unknown): string | undefined {
  if (textAt(error, 'name') === 'ApplicationFailure') return textAt(detailOf(error), 'code');
  // Node's network errors carry `code`; those of AWS carry theirs as `name`.
  return textAt(error, 'code') ?? textAt(error, 'name');
}

/**
 * The first detail of an ApplicationFailure. By shape and not by class: the command line reads
 * failures without loading the SDK.
 */
export function detailOf(failure: unknown): unknown {
  const details: unknown = Reflect.get(Object(failure), 'details');
  return Array.isArray(details) ? details[0] : undefined;
}

function textAt(value: unknown, key: string): string | undefined {
  if (typeof value !== 'object' || value === null || !(key in value)) return undefined;
  const found: unknown = Reflect.get(value, key);
  return typeof found === 'string' ? found : undefined;
}
