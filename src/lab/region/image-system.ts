/** What an image says of the system on it. */
import type { Reply } from './call';
import type { Image } from './model';

/** The same as the image says that its machine was launched from. */
export function systemOf(origin: Image | undefined): Partial<Image> {
  const { isWithoutEna, bootMode, imdsSupport } = origin ?? {};
  return { isWithoutEna, bootMode, imdsSupport };
}

export function systemXml({ isWithoutEna, bootMode, imdsSupport }: Image): Reply {
  return { enaSupport: isWithoutEna !== true, bootMode, imdsSupport };
}
