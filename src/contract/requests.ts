/** What an operator asks for: one small JSON object for each runbook, checked in the workflow. */
import { z } from 'zod';

const installation = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'is the name of an installation in runbook.yaml');
const imageId = z.string().regex(/^ami-([0-9a-f]{8}|[0-9a-f]{17})$/, 'is an image id: ami-…');
const instanceId = z.string().regex(/^i-([0-9a-f]{8}|[0-9a-f]{17})$/, 'is an instance id: i-…');
const address = z.ipv4('is an IPv4 address');
/** The name of an AWS region. */
export const awsRegion = z
  .string()
  .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'is an AWS region such as us-east-1');
const buildUrl = z.string().min(1).max(300);

/** How many build records one run deletes: so many fit into its time. */
export const buildsAtOnce = 100;

/** What a person can declare to know beforehand, so that no gate asks for it. */
export const acknowledgements = ['source-running', 'external-services', 'object-storage'] as const;

/** `backup {"installation":"prod"}`. */
export const backupRequest = z.strictObject({
  installation,
  consistency: z.enum(['no-reboot', 'reboot', 'stop-app']).default('no-reboot'),
  /** No person watches: gates expire after an hour instead of days. */
  unattended: z.boolean().default(false),
});

/** `restore {"installation":"prod"}`: the newest usable backup; or a named image or machine. */
export const restoreRequest = z
  .strictObject({
    installation,
    image: imageId.optional(),
    instance: instanceId.optional(),
    /** Take over the spare machine instead of launching one. */
    from: z.literal('spare', 'is "spare"; leave it out to launch from a backup').optional(),
    /** Another region, in which the backups have copies. */
    region: awsRegion.optional(),
    replaces: z.strictObject({ private: address, public: address.optional() }).optional(),
    /** Restores the objects from restic also over files that are there. */
    restoreObjects: z.boolean().optional(),
    builds: z.array(buildUrl).max(buildsAtOnce).default([]),
    acknowledge: z.array(z.enum(acknowledgements)).default([]),
    unattended: z.boolean().default(false),
  })
  .refine((request) => !(request.image && request.instance), {
    message: 'give "image" (launch from it) or "instance" (take that machine up again), not both',
    path: ['instance'],
  })
  .refine(
    ({ from, image, instance, region }) =>
      from === undefined || [image, instance, region].every((one) => one === undefined),
    {
      message: 'the spare has its own image and region: leave "image", "instance" and "region" out',
      path: ['from'],
    },
  );

/** `cleanUpBuilds {"installation":"prod","builds":["https://…"]}`; without `builds`, those that never end. */
export const cleanUpBuildsRequest = z.strictObject({
  installation,
  builds: z.array(buildUrl).min(1).max(buildsAtOnce).optional(),
  unattended: z.boolean().default(false),
});

/** `refreshSpare {"installation":"prod"}`: a new spare machine from the newest backup. */
export const refreshSpareRequest = z.strictObject({
  installation,
  unattended: z.boolean().default(false),
});

/** `drill {"installation":"prod"}`: a test restore of the newest backup, in quarantine. */
export const drillRequest = z.strictObject({
  installation,
  unattended: z.boolean().default(false),
});

/** `prune {"installation":"prod"}`: removes the backups that no rule of `keep` keeps. */
export const pruneRequest = z.strictObject({
  installation,
  /** Says what would be removed, and removes nothing. */
  dryRun: z.boolean().default(false),
  unattended: z.boolean().default(false),
});

export type BackupRequest = z.infer<typeof backupRequest>;
export type RestoreRequest = z.infer<typeof restoreRequest>;
export type DrillRequest = z.infer<typeof drillRequest>;
export type CleanUpBuildsRequest = z.infer<typeof cleanUpBuildsRequest>;

/** How the image is made: without a reboot, with one, or with the app stopped for a moment. */
export type Consistency = BackupRequest['consistency'];

/** Lists every problem of a rejected request, one line each, with its path in the object. */
export function problemsOf(error: z.ZodError): string[] {
  return error.issues.map((issue) => {
    const path = issue.path.map(String).join('.');
    return path === '' ? issue.message : `${path}: ${issue.message}`;
  });
}
