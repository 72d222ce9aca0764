/**
 * The parts of runbook.yaml that depend on where a machine is: its region, how it is launched and
 * reached there, and where copies of its images are, from which it can be launched elsewhere.
 */
import { z } from 'zod';
import { exportElsewhere } from './object-storage';
import { awsRegion } from '../contract/requests';
import { isPin } from '../machine/login/host-keys';

const pin = z
  .string()
  .refine(
    isPin,
    'is a pinned host key: "ssh-ed25519 SHA256:…" (ssh-keyscan HOST | ssh-keygen -lf - shows it)',
  );

/**
 * A pin; as `{ pin, sha1: true }` with a leave: this host may prove this key by SHA-1, as OpenSSH
 * before 7.2 does.
 */
const hostKey = z.preprocess(
  (given) => (typeof given === 'string' ? { pin: given } : given),
  z
    .strictObject({ pin, sha1: z.boolean().default(false) })
    .refine((key) => !key.sha1 || key.pin.startsWith('ssh-rsa '), {
      message: 'only a key of type ssh-rsa can be proven by SHA-1',
      path: ['sha1'],
    }),
);
type HostKey = z.output<typeof hostKey>;

/** What users and GitHub reach an installation by. */
export const hostname = z
  .string()
  .regex(/^[A-Za-z0-9.-]{1,253}$/, 'is a DNS name or an IPv4 address');

/** How to log in at one hop: a key file or the agent, and the host keys that are trusted there. */
const login = {
  user: z.string().min(1),
  key: z.string().optional(),
  agent: z.boolean().default(false),
  port: z.int().min(1).max(65535).default(22),
  hostKeys: z.array(hostKey).default([]),
};

/** The keys as pins; those with a leave are listed beside them. */
function withPins<T extends { readonly hostKeys: readonly HostKey[] }>({ hostKeys, ...hop }: T) {
  return {
    ...hop,
    hostKeys: hostKeys.map(({ pin: text }): string => text),
    sha1Keys: hostKeys.flatMap(({ pin: text, sha1 }) => (sha1 ? [text as string] : [])),
  };
}

const bastion = z
  .strictObject({ host: z.string().min(1), ...login })
  .refine((hop) => hop.hostKeys.length > 0, {
    message: 'a bastion needs its pinned key: it is never trusted on first use',
    path: ['hostKeys'],
  })
  .refine((hop) => (hop.key !== undefined) !== hop.agent, {
    message: 'give either "key" (a file) or "agent: true"',
    path: ['key'],
  })
  .transform(withPins);

/** How to log in at the Services machine. */
export const ssh = z
  .strictObject({
    ...login,
    address: z.enum(['private', 'public']).default('private'),
    bastion: bastion.optional(),
  })
  .refine((hop) => (hop.key !== undefined) !== hop.agent, {
    message: 'give either "key" (a file) or "agent: true"',
    path: ['key'],
  })
  .transform(withPins);

/** More of them would be tried for longer than a person waits. */
const mostChoices = 6;

/** One, or several in the order in which they are tried when AWS refuses the one before. */
const choices = (what: string) => {
  const error =
    `is ${what}, or a list of up to ${String(mostChoices)} different ones in the order in which ` +
    'they are tried';
  return z.union([z.string(), z.array(z.string())], { error }).refine(
    (given) => {
      const all = [given].flat();
      const isEach = all.every((one) => one !== '') && new Set(all).size === all.length;
      return isEach && all.length > 0 && all.length <= mostChoices;
    },
    { error },
  );
};

/** A machine's type, or those that will do. */
export const instanceTypes = choices('an instance type');
/** Where a machine is launched, or may be. */
export const subnets = choices('a subnet');

/** What a launch needs beside the image; each is optional. */
export const launch = z.strictObject({
  instanceType: instanceTypes.optional(),
  subnet: subnets.optional(),
  securityGroups: z.array(z.string()).min(1).optional(),
  instanceProfile: z.string().optional(),
  keyPair: z.string().optional(),
  httpTokens: z.enum(['optional', 'required']).optional(),
  httpPutResponseHopLimit: z.int().min(1).max(64).optional(),
  terminationProtection: z.boolean().optional(),
  /** Whether a machine that a restore launches stays silent until its addresses are right; true. */
  sealed: z.boolean().optional(),
});

/** What users and GitHub find the machine by. */
export const reachedBy = z
  .union([
    z.strictObject({ elasticIp: z.string().regex(/^eipalloc-[0-9a-f]{8,17}$/) }),
    z.strictObject({ dns: z.literal(true) }),
  ])
  .default({ dns: true });

/** Networks that a quarantine may reach. */
export const mayReach = z.array(z.union([z.cidrv4(), z.cidrv6()])).default([]);

/** A spare machine, kept in quarantine until it is taken over. */
export const spare = z.strictObject({
  /** The installation's own, or one that has copies. */
  region: awsRegion,
  subnet: subnets,
  /** Its groups once it is taken over. */
  securityGroups: z.array(z.string().min(1)).min(1),
  /** Until then: lets the worker or its bastion in by SSH, and nothing out to the live machine. */
  quarantineSecurityGroup: z.string().min(1),
  /** Networks that this group may let packets out to, as CIDR; `doctor` warns of any other. */
  mayReach,
  instanceType: instanceTypes.optional(),
  /** Whether it waits switched off, or runs with its units kept from starting. */
  mode: z.enum(['stopped', 'running']).default('stopped'),
});

/** Other regions that get a copy of each backup, and how a machine is launched there. */
export const copies = z
  .array(
    z.strictObject({
      region: awsRegion,
      /** Id, alias or ARN of a key of that region; the copy is encrypted with it. */
      kmsKey: z.string().min(1).optional(),
      launch: launch.prefault({}),
      /** Where the way in is another one there, such as a bastion of that region. */
      ssh: ssh.optional(),
      reachedBy,
      /** Where the objects are on an NFS export: the one there. */
      objectStorage: exportElsewhere.optional(),
    }),
  )
  .min(1)
  .refine((all) => new Set(all.map(({ region }) => region)).size === all.length, {
    message: 'names a region twice',
  });
