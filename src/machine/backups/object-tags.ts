/**
 * What a backup learned of the object storage, as tags on its image. They are written once the image
 * exists, so they are no part of its record, which the image bears from its first moment.
 */
import { z } from 'zod';
import { chunksOf, asciiJson, joinChunks } from '../text/chunked-tags';
import { jsonOf } from '../text/json';

/** How many tags this may take; the record leaves them free. */
export const objectTagLimit = 6;
const name = 'runbook:objects';

const recorded = z.object({
  kind: z.enum(['disk', 'nfs']),
  /** The configured path. */
  path: z.string(),
  /** Where it led, if one of its parts was a symlink. */
  leadsTo: z.string().optional(),
  on: z.enum(['root', 'volume', 'nfs']),
  /** The file system that held it; absent on the root volume. */
  mount: z
    .object({
      target: z.string(),
      source: z.string(),
      fstype: z.string(),
      options: z.string(),
      /** Its line in /etc/fstab; absent: there was none. */
      fstab: z.string().optional(),
    })
    .optional(),
  /** What the marker file on an NFS export said. */
  marker: z.string().optional(),
  wasEmpty: z.boolean().optional(),
  restic: z.object({ repository: z.string(), snapshot: z.string() }).optional(),
});

/** The object storage as a backup found it. */
export type RecordedObjects = Readonly<z.infer<typeof recorded>>;

/** The tags; throws RangeError when it is too long for them. */
export function encodeObjects(objects: RecordedObjects): Record<string, string> {
  const chunks = chunksOf(asciiJson(objects));
  if (chunks.length > objectTagLimit) {
    throw new RangeError(`the object storage needs ${String(chunks.length)} tags`);
  }
  return Object.fromEntries(chunks.map((chunk, at) => [`${name}.${String(at + 1)}`, chunk]));
}

/** What the tags of an image say; undefined where they say nothing. */
export function decodeObjects(tags: Readonly<Record<string, string>>): RecordedObjects | undefined {
  return recorded.safeParse(jsonOf(joinChunks(tags, name))).data;
}
