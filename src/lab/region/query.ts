/** An EC2 Query request: form-encoded names such as `Filter.1.Value.2`, read back as lists. */
import { ApiError, invalidValue, missing } from './api-error';

/** A `Filter.N` of a request. */
export interface Filter {
  readonly name: string;
  readonly values: readonly string[];
}

/** Tags by key. */
export type Tags = Record<string, string>;

/** The parameters of one request. */
export class Query {
  private readonly parameters: ReadonlyMap<string, string>;

  constructor(body: string) {
    this.parameters = new Map(new URLSearchParams(body));
  }

  text(name: string): string | undefined {
    return this.parameters.get(name);
  }

  required(name: string): string {
    const value = this.parameters.get(name);
    if (value === undefined || value === '') {
      throw missing(name);
    }
    return value;
  }

  flag(name: string): boolean | undefined {
    const value = this.parameters.get(name);
    if (value === undefined) {
      return undefined;
    }
    if (value !== 'true' && value !== 'false') {
      throw invalidValue(`Invalid value '${value}' for ${name}. It must be true or false`);
    }
    return value === 'true';
  }

  number(name: string): number | undefined {
    const value = this.parameters.get(name);
    if (value === undefined) {
      return undefined;
    }
    if (!/^\d{1,9}$/.test(value)) {
      throw invalidValue(`Invalid value '${value}' for ${name}`);
    }
    return Number(value);
  }

  /** `name.1`, `name.2` … */
  list(name: string): string[] {
    return this.groups(name).flatMap((prefix) => this.parameters.get(prefix) ?? []);
  }

  /** The prefixes `name.1`, `name.2` … that have parameters. */
  groups(name: string): string[] {
    const numbers = new Set<number>();
    for (const key of this.parameters.keys()) {
      const found = key.startsWith(`${name}.`) ? /^\d+/.exec(key.slice(name.length + 1)) : null;
      if (found !== null) {
        numbers.add(Number(found[0]));
      }
    }
    return [...numbers].sort((a, b) => a - b).map((number) => `${name}.${String(number)}`);
  }

  filters(): Filter[] {
    return this.groups('Filter').map((prefix) => ({
      name: this.required(`${prefix}.Name`),
      values: this.list(`${prefix}.Value`),
    }));
  }

  /** The tags under a prefix, e.g. `Tag`. */
  tags(name: string): Tags {
    const tags: Tags = {};
    for (const prefix of this.groups(name)) {
      const key = this.required(`${prefix}.Key`);
      if (Object.hasOwn(tags, key)) {
        throw invalidValue(`Duplicate tag key '${key}' specified.`);
      }
      tags[key] = this.parameters.get(`${prefix}.Value`) ?? '';
    }
    return tags;
  }

  /** The tags for each resource type; refuses a type that the action does not create. */
  tagSpecifications(allowed: readonly string[]): Record<string, Tags> {
    const specifications: Record<string, Tags> = {};
    for (const prefix of this.groups('TagSpecification')) {
      const type = this.required(`${prefix}.ResourceType`);
      if (!allowed.includes(type)) {
        throw invalidValue(`'${type}' is not a valid taggable resource type for this operation.`);
      }
      if (Object.hasOwn(specifications, type)) {
        throw new ApiError(
          'InvalidParameterValue',
          `The resource type '${type}' was specified more than once.`,
        );
      }
      specifications[type] = this.tags(`${prefix}.Tag`);
    }
    return specifications;
  }

  /** Every parameter but those that may hold a secret; for the journal. */
  visible(): Record<string, string> {
    return Object.fromEntries(
      [...this.parameters].filter(
        ([name]) => !['UserData', 'Action', 'Version'].includes(name.split('.')[0] ?? ''),
      ),
    );
  }
}
