/** The plan of a restore, and the machine that was launched by it. */
import type { Machine, OldAddresses, RestorePlan } from '../../../src/contract/plan';

export const old = { private: '10.0.1.5', public: '203.0.113.10' } satisfies OldAddresses;

export const machine = {
  installation: 'prod',
  instanceId: 'i-0123456789abcdef0',
  privateAddress: '10.0.1.57',
  publicAddress: '203.0.113.101',
  hostKeys: ['ssh-ed25519 SHA256:key'],
} satisfies Machine;

export const plan: RestorePlan = {
  installation: 'prod',
  region: 'us-east-1',
  imageId: 'ami-0123456789abcdef0',
  imageName: 'prod',
  launch: {
    instanceType: 'm5.2xlarge',
    subnetId: 'subnet-1',
    securityGroupIds: ['sg-1'],
    httpTokens: 'optional',
    httpPutResponseHopLimit: 1,
    terminationProtection: true,
  },
  replaces: old,
  replacesFrom: "the image's tags",
  hostKeys: [],
  unseen: [],
  others: [],
  notes: [],
  changes: [],
};
