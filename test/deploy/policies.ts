/** The policies of deploy/iam, and how they read for a lab. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { labEnvironment } from '../../src/lab/config-file';
import { policyDocument, type Policy } from '../../src/lab/region/policy';
import { seeded, seededElsewhere } from '../../src/lab/region/seed';
import { root } from './compose-file';

export type { Policy } from '../../src/lab/region/policy';
export type Statement = Policy['Statement'][number];

const folder = join(root, 'deploy/iam');

/** Their names: `backup`, `drill` … */
export const roles = readdirSync(folder).map((file) => file.replace(/\.json$/, ''));

function textOf(role: string): string {
  return readFileSync(join(folder, `${role}.json`), 'utf8');
}

function parse(text: string): Policy {
  return policyDocument.parse(JSON.parse(text));
}

/** As it is written. */
export function policyOf(role: string): Policy {
  return parse(textOf(role));
}

/** The access key of the lab's worker. */
export const workersKey = labEnvironment('', '')['AWS_ACCESS_KEY_ID'] ?? '';

function replaceAll(text: string, pairs: readonly (readonly [string, string])[]): string {
  return pairs.reduce((so, [from, to]) => so.replaceAll(from, to), text);
}

/** As it is for the lab: its account, and the places that a test's configuration names. */
export function policyInLab(role: string): Policy {
  const { region, subnets, owner, servicesGroup } = seeded;
  const [first, second] = subnets;
  const places: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
    spare: [
      [seededElsewhere.region, region],
      ['subnet-0fedcba9876543210', second],
      [seededElsewhere.servicesGroup, servicesGroup],
    ],
    drill: [['subnet-0123456789abcdef0', second]],
    restore: [['subnet-0123456789abcdef0', first]],
  };
  return parse(replaceAll(textOf(role), [['111122223333', owner], ...(places[role] ?? [])]));
}

/**
 * All of them, for a lab whose configuration is any: each resource of its kind in each region. What
 * they ask of tags, owners and attributes stays, word for word.
 */
export function policiesAnywhere(): readonly Policy[] {
  return roles.map((role) =>
    parse(
      replaceAll(textOf(role), [['111122223333', seeded.owner]])
        .replaceAll(/arn:aws:ec2:us-[a-z]+-\d/g, 'arn:aws:ec2:*')
        .replaceAll(/(subnet|security-group|key-pair|elastic-ip)\/[\w-]+/g, '$1/*'),
    ),
  );
}

/** Without an action. */
export function withoutAction(policy: Policy, dropped: string): Policy {
  const Statement = policy.Statement.map((one) => ({
    ...one,
    Action: one.Action.filter((action) => action !== dropped),
  })).filter(({ Action }) => Action.length > 0);
  return { ...policy, Statement };
}

/** A condition of a statement, by its place. */
export interface ConditionAt {
  readonly sid: string;
  readonly operator: string;
  readonly key: string;
}

/** Every condition of a policy. */
export function conditionsOf({ Statement }: Policy): ConditionAt[] {
  return Statement.flatMap(({ Sid = '', Condition = {} }) =>
    Object.entries(Condition).flatMap(([operator, keys]) =>
      Object.keys(keys).map((key) => ({ sid: Sid, operator, key })),
    ),
  );
}

/** Without one condition. */
export function withoutCondition(policy: Policy, { sid, operator, key }: ConditionAt): Policy {
  const Statement = policy.Statement.map((one) => {
    if (one.Sid !== sid) return one;
    const { [operator]: keys = {}, ...Condition } = one.Condition ?? {};
    const left = Object.fromEntries(Object.entries(keys).filter(([name]) => name !== key));
    const isEmpty = Object.keys(left).length === 0;
    return { ...one, Condition: isEmpty ? Condition : { ...Condition, [operator]: left } };
  });
  return { ...policy, Statement };
}
