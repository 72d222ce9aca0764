/** `objectStorage` of an installation in runbook.yaml: where artifacts, caches and logs are. */
import { z } from 'zod';

const path = z.string().regex(/^\/[^\0\n]+$/, 'is an absolute path on the Services machine');

// A user alone is no secret in `sftp://user@host`, but may be a token over HTTP.
const withUserinfo = (address: string): boolean =>
  address.split('://').some((place, index, all) => {
    const [authority = ''] = place.split('/', 1);
    const at = authority.lastIndexOf('@');
    if (index === 0 || at < 0) return false;
    return /https?$/i.test(all[index - 1] ?? '') || authority.slice(0, at).includes(':');
  });

/** Both as the Services machine sees them; the password itself stays in its file there. */
const restic = z.strictObject({
  repository: z
    .string()
    .regex(/^[^\s-][^\0\n]*$/, 'is a repository as restic names it')
    .refine(
      (repository) => !withUserinfo(repository),
      'bears no user and password, which would be in the history of runs and in tags: set ' +
        "restic's own environment on the machine, such as RESTIC_REST_USERNAME and " +
        'RESTIC_REST_PASSWORD in /etc/environment',
    ),
  passwordFile: path,
});

/** An NFS export, and how it is mounted. */
const exported = {
  source: z
    .string()
    .regex(/^[^\s:-][^\s:]*:\/\S*$/, 'is an NFS export, such as nfs.example.com:/exports/objects'),
  options: z
    .string()
    .regex(/^[^\s-]\S*$/, 'are mount options without blanks')
    .optional(),
};

/** The export that holds the same files in another region. */
export const exportElsewhere = z.strictObject(exported);

export const objectStorage = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('s3'),
    bucket: z.string().min(1),
    region: z.string().min(1),
  }),
  z.strictObject({ kind: z.literal('disk'), path, restic: restic.optional() }),
  z.strictObject({
    kind: z.literal('nfs'),
    path,
    ...exported,
    restic: restic.optional(),
  }),
]);
