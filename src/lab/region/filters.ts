/** Filters and pages of the Describe calls. */
import { matches } from '../faults';
import { ApiError, invalidValue } from './api-error';
import type { Filter, Query, Tags } from './query';

/** What each filter of a call looks at. */
export type FilterFields<T> = Readonly<Record<string, (object: T) => readonly string[]>>;

/** Keeps the objects that pass every filter; values may hold `*` and `?`. */
export function applyFilters<T extends { readonly tags: Tags }>(
  objects: readonly T[],
  filters: readonly Filter[],
  fields: FilterFields<T>,
): T[] {
  return filters.reduce<T[]>(
    (left, { name, values }) => {
      const look = name.startsWith('tag:')
        ? tagValue(name.slice(4))
        : (fields[name] ?? common[name]);
      if (look === undefined) {
        throw invalidValue(`The filter '${name}' is invalid`);
      }
      return left.filter((object) =>
        look(object).some((seen) => values.some((value) => matches(value, seen))),
      );
    },
    [...objects],
  );
}

function tagValue(key: string) {
  return ({ tags }: { readonly tags: Tags }): string[] => {
    const value = tags[key];
    return value === undefined ? [] : [value];
  };
}

const common: FilterFields<{ readonly tags: Tags }> = {
  'tag-key': ({ tags }) => Object.keys(tags),
};

/** One page of a result, with the token for the next. */
export function page<T>(
  objects: readonly T[],
  query: Query,
  fewest: number,
): { readonly items: readonly T[]; readonly nextToken: string | undefined } {
  const size = query.number('MaxResults');
  const token = query.text('NextToken');
  if (size !== undefined && (size < fewest || size > 1000)) {
    throw invalidValue(
      `Value ( ${String(size)} ) for parameter maxResults is invalid. ` +
        `Expecting a value between ${String(fewest)} and 1000.`,
    );
  }
  const from = token === undefined || token === '' ? 0 : Number(/^page-(\d+)$/.exec(token)?.[1]);
  if (Number.isNaN(from)) {
    throw new ApiError('InvalidNextToken', `The token '${token ?? ''}' is invalid`);
  }
  const to = size === undefined ? objects.length : from + size;
  return {
    items: objects.slice(from, to),
    nextToken: to < objects.length ? `page-${String(to)}` : undefined,
  };
}
