/** The search attributes of the namespace, without which every run would be held up without a word. */
import { ConfigError } from '../config';
import { grpcCodeOf } from '../contract/temporal-faults';
import { searchAttributeNames } from '../contract/search-attributes';

/** What Temporal tells of a namespace's attributes; `NativeConnection` is one. */
export interface AttributeSource {
  readonly operatorService: {
    listSearchAttributes(request: { readonly namespace: string }): Promise<{
      readonly customAttributes: object;
      readonly systemAttributes: object;
    }>;
  };
}

// gRPC: PERMISSION_DENIED, UNIMPLEMENTED.
const closed: readonly unknown[] = [7, 12];

/**
 * Refuses to start where one is missing. Where the worker may not ask (Temporal Cloud, an authorizer)
 * it starts all the same, and gives a line that says what it could not look at.
 */
export async function requireSearchAttributes(
  { operatorService }: AttributeSource,
  namespace: string,
): Promise<string | undefined> {
  const answer = await operatorService
    .listSearchAttributes({ namespace })
    .catch((error: unknown) => {
      if (closed.includes(grpcCodeOf(error))) return undefined;
      throw error;
    });
  if (answer === undefined) {
    return (
      `The search attributes of namespace ${namespace} could not be looked at: this login may not call ` +
      `the OperatorService. See that ${searchAttributeNames.join(', ')} are registered (Keyword); ` +
      'without them no run goes on.'
    );
  }
  const missing = searchAttributeNames.filter(
    (name) => !(name in answer.customAttributes || name in answer.systemAttributes),
  );
  if (missing.length === 0) return undefined;
  throw new ConfigError(`namespace ${namespace}`, [
    `search attributes are missing: ${missing.join(', ')}. Register them: temporal operator ` +
      `search-attribute create ${missing.map((name) => `--name ${name} --type Keyword`).join(' ')}`,
  ]);
}
