/** The words that comparisons of a machine's volumes have in common. */
import type { VolumeOrder } from './commands';
import type { RecordedVolumes } from './record';

/** What is not as it was, in words for a person. */
export interface Problem {
  readonly text: string;
  /** What mends it, where a mount is all that is missing. */
  readonly order?: VolumeOrder;
}

/** The outcome of a comparison. */
export interface Comparison {
  /** What keeps the app from starting. */
  readonly problems: readonly Problem[];
  /** What a person should know besides. */
  readonly notes: readonly string[];
  /** What is there, in a few words. */
  readonly seen: string;
}

/** What is expected besides the record. */
export interface Expected {
  readonly recorded?: RecordedVolumes | undefined;
  /** The databases work on other machines: their folders may be missing here. */
  readonly isExternal: boolean;
  /** A step of its own mounts the objects. */
  readonly objectsApart: boolean;
}

/** How a person mounts what Docker works on; `service` leads to every init system. */
export function withoutDocker(line: string): string {
  return (
    'Docker must not run meanwhile: `sudo service docker stop; ' +
    `${line}; sudo service docker start\`.`
  );
}

/** What a file system is known by, in words. */
export function idOf({
  uuid,
  label,
}: {
  readonly uuid?: string | undefined;
  readonly label?: string | undefined;
}): string {
  if (uuid !== undefined) return `UUID ${uuid}`;
  return label === undefined ? 'of no UUID' : `label ${label}`;
}
