/** What an image's tag tells of the restore that put it to the proof. */
import { tagNames } from './tags';

/** A restore that was made only to see whether the image is good. */
export interface ProvenRestore {
  readonly image: string;
  /** ISO 8601: when the proof ended. */
  readonly at: string;
  readonly passed: boolean;
  /** What went wrong; empty when it passed. */
  readonly why: string;
}

/**
 * The proof that the tag tells of: `<ISO time> passed`, or `<ISO time> failed: …`. Undefined where
 * there is no tag; `unreadable` where it says anything else.
 */
export function provenRestore({
  id,
  tags,
}: {
  readonly id: string;
  readonly tags: Readonly<Record<string, string>>;
}): ProvenRestore | 'unreadable' | undefined {
  const value = tags[tagNames.proven];
  if (value === undefined) return undefined;
  const [, at = '', verdict, why = ''] =
    /^(\d{4}-\d\d-\d\dT\S+) (passed|failed)\b[: ]*(.*)$/s.exec(value) ?? [];
  if (Number.isNaN(Date.parse(at))) return 'unreadable';
  return { image: id, at, passed: verdict === 'passed', why };
}

/** The tag's value, at most 256 characters, as EC2 takes them. */
export function provenTag(
  at: string,
  proof: { readonly passed: boolean; readonly why: string },
): string {
  const verdict = proof.passed ? 'passed' : `failed: ${proof.why.replace(/\s+/g, ' ')}`;
  return `${at} ${verdict}`.slice(0, 255);
}
