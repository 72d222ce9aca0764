/**
 * IAM policies, judged as AWS judges them: what no statement allows is denied, and a denial goes
 * before everything. Of the language this knows what policies about EC2 are written in; a document
 * that says more is refused, so that nothing is passed over. Pure.
 */
import { z } from 'zod';

const many = z
  .union([z.string(), z.array(z.string()).min(1)])
  .transform((one): readonly string[] => [one].flat());

const statement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: many,
  Resource: many,
  Condition: z
    .record(
      z.string().refine((name) => operatorOf(name) !== undefined, 'an operator the lab knows not'),
      z.record(z.string(), many),
    )
    .optional(),
});

/** A policy document; `Action` and `Resource` come out as lists. */
export const policyDocument = z.strictObject({
  Version: z.literal('2012-10-17'),
  Statement: z.array(statement).min(1),
});

export type Policy = z.infer<typeof policyDocument>;
type Statement = Policy['Statement'][number];

/** One thing that a call needs: an action on a resource, and what is known of both. */
export interface Question {
  /** `ec2:CreateTags`, `iam:PassRole`. */
  readonly action: string;
  /** Its ARN; `*` for an action without resources. */
  readonly resource: string;
  /** By condition key; a key that the action does not have there is not in it. */
  readonly context: Readonly<Record<string, readonly string[]>>;
}

/** Whether the policies together allow it. */
export function permits(policies: readonly Policy[], question: Question): boolean {
  const speaking = policies
    .flatMap(({ Statement }) => Statement)
    .filter((one) => speaksOf(one, question));
  return speaking.length > 0 && speaking.every(({ Effect }) => Effect === 'Allow');
}

function speaksOf({ Action, Resource, Condition = {} }: Statement, question: Question): boolean {
  const { action, resource, context } = question;
  return (
    Action.some((one) => like(one.toLowerCase(), action.toLowerCase())) &&
    Resource.some((one) => like(one, resource)) &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) => holds(operator, wanted, found(context, key))),
    )
  );
}

/** "Condition key names are not case-sensitive", the keys of tags among them. */
function found(context: Question['context'], key: string): readonly string[] | undefined {
  return Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
}

const comparisons = {
  StringEquals: (wanted: string, value: string) => wanted === value,
  StringEqualsIgnoreCase: (wanted: string, value: string) =>
    wanted.toLowerCase() === value.toLowerCase(),
  StringLike: like,
  ArnEquals: like,
  ArnLike: like,
} as const;

interface Operator {
  readonly set: 'ForAllValues' | 'ForAnyValue' | undefined;
  readonly isNegated: boolean;
  readonly compare: (wanted: string, value: string) => boolean;
  readonly ifExists: boolean;
}

function operatorOf(name: string): Operator | 'Null' | undefined {
  if (name === 'Null') return 'Null';
  const parts = /^(?:(ForAllValues|ForAnyValue):)?(String|Arn)(Not)?([A-Za-z]+?)(IfExists)?$/.exec(
    name,
  );
  const compare = Object.entries(comparisons).find(
    ([known]) => known === `${parts?.[2] ?? ''}${parts?.[4] ?? ''}`,
  )?.[1];
  if (parts === null || compare === undefined) return undefined;
  const set = parts[1] as Operator['set'];
  return { set, isNegated: parts[3] !== undefined, compare, ifExists: parts[5] !== undefined };
}

function holds(
  name: string,
  wanted: readonly string[],
  values: readonly string[] | undefined,
): boolean {
  const operator = operatorOf(name);
  if (operator === undefined) return false;
  if (operator === 'Null') return wanted.includes(String(values === undefined));
  const { set, isNegated, compare, ifExists } = operator;
  if (values === undefined || values.length === 0) {
    // "ForAllValues returns true if there are no keys in the request": who means it adds a Null.
    return set === 'ForAllValues' || ifExists || (isNegated && set === undefined);
  }
  const fits = (value: string) => wanted.some((one) => compare(one, value)) !== isNegated;
  return set === 'ForAllValues' ? values.every(fits) : values.some(fits);
}

/** Whether the text fits a pattern in which `*` stands for any characters and `?` for one. */
function like(pattern: string, text: string): boolean {
  let rest = 0;
  let at = 0;
  let star = -1;
  let mark = 0;
  while (at < text.length) {
    if (pattern[rest] === '*') {
      star = rest;
      mark = at;
      rest += 1;
    } else if (pattern[rest] === '?' || pattern[rest] === text[at]) {
      rest += 1;
      at += 1;
    } else if (star >= 0) {
      rest = star + 1;
      mark += 1;
      at = mark;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(rest));
}
