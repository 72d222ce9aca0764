/**
 * Which condition keys EC2 has for an action on a kind of resource, from AWS's list of actions,
 * resources and condition keys of EC2 (the service authorization reference), as far as the lab
 * knows their values. A key that is not here is absent from the request: a `StringEquals` that asks
 * for it never holds, whatever the resource bears.
 */
import type { Question } from './policy';

const instance = [
  'aws:ResourceTag/',
  'ec2:ResourceTag/',
  'ec2:InstanceType',
  'ec2:InstanceProfile',
];
const network = ['aws:ResourceTag/', 'ec2:ResourceTag/'];
const tagged = [...network, 'aws:RequestTag/', 'aws:TagKeys', 'ec2:CreateAction'];
const made = ['aws:RequestTag/', 'aws:TagKeys'];

/** Action → resource type → keys; one that ends in `/` goes by tag or attribute. */
const keys: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  AssociateAddress: {
    'elastic-ip': network,
    instance,
    'network-interface': [...network, 'ec2:Subnet'],
  },
  // Not the tags of the image that is copied: only who owns it.
  CopyImage: { image: [...made, 'ec2:Owner'], snapshot: made },
  CreateImage: { image: [...made, 'ec2:Owner'], instance, snapshot: made },
  CreateTags: {
    image: [...tagged, 'ec2:Owner', 'ec2:Public'],
    instance: [...tagged, ...instance],
    snapshot: [...tagged, 'ec2:Owner'],
    'network-interface': [...tagged, 'ec2:Subnet'],
    '*': tagged,
  },
  DeleteSnapshot: { snapshot: [...network, 'ec2:Owner'] },
  DeleteTags: { '*': [...network, 'aws:RequestTag/', 'aws:TagKeys'] },
  DeregisterImage: { image: [...network, 'ec2:Owner', 'ec2:Public'] },
  DescribeInstanceAttribute: { instance },
  GetConsoleOutput: { instance },
  ModifyInstanceAttribute: {
    instance: [...instance, 'ec2:Attribute', 'ec2:Attribute/'],
    'security-group': network,
    volume: network,
  },
  RebootInstances: { instance },
  RunInstances: {
    image: [...network, 'ec2:Owner', 'ec2:Public'],
    instance: [...made, 'ec2:InstanceType', 'ec2:InstanceProfile'],
    'key-pair': network,
    'network-interface': [...made, 'ec2:Subnet'],
    'security-group': network,
    snapshot: [...network, 'ec2:Owner'],
    subnet: network,
    volume: made,
  },
  StartInstances: { instance },
  StopInstances: { instance },
  TerminateInstances: { instance },
};

/** The actions that are asked about each resource; all others about `*`. */
export const hasResources = (action: string): boolean => action in keys;

/** What of the facts is in the request. Every action of EC2 has `ec2:Region`. */
export function contextOf(
  action: string,
  type: string,
  facts: Question['context'],
): Question['context'] {
  const known = keys[action]?.[type] ?? keys[action]?.['*'] ?? [];
  return Object.fromEntries(
    Object.entries(facts).filter(
      ([name]) =>
        name === 'ec2:Region' ||
        known.some((key) => (key.endsWith('/') ? name.startsWith(key) : name === key)),
    ),
  );
}
