/** Whether an image runs on an instance type, as EC2 describes both. Pure. */

/** What an image says of the system on it. */
interface ImageFacts {
  readonly architecture?: string | undefined;
  readonly virtualization?: string | undefined;
  readonly hasEna: boolean;
  readonly bootMode?: string | undefined;
  readonly imdsSupport?: string | undefined;
}

/** What EC2 says of a type. */
interface TypeFacts {
  readonly architectures: readonly string[];
  readonly virtualizations: readonly string[];
  readonly ena?: string | undefined;
  readonly nvme?: string | undefined;
  readonly bootModes: readonly string[];
}

/** Why a launch would be refused or the machine would not come up, and what else to know of it. */
export interface Fit {
  readonly misfits: readonly string[];
  readonly warnings: readonly string[];
}

interface Around {
  readonly httpTokens: string;
  /** The type of the machine that the image was made of, if EC2 tells of it. */
  readonly source?: Pick<TypeFacts, 'nvme'> | undefined;
}

/** Compares the two; what either does not say cannot be held against it. */
export function fitOf(image: ImageFacts, type: TypeFacts, { httpTokens, source }: Around): Fit {
  const { architecture, virtualization, bootMode } = image;
  const lacks = (has: readonly string[], wanted: string | undefined): boolean =>
    wanted !== undefined && has.length > 0 && !has.includes(wanted);
  const misfits = [
    lacks(type.architectures, architecture)
      ? `it is ${type.architectures.join(' or ')}, the image ${architecture ?? ''}`
      : '',
    lacks(type.virtualizations, virtualization)
      ? `it has no virtualization ${virtualization ?? ''}, which the image needs`
      : '',
    // "uefi-preferred" falls back to the other one.
    bootMode !== 'uefi-preferred' && lacks(type.bootModes, bootMode)
      ? `it boots by ${type.bootModes.join(' or ')}, the image by ${bootMode ?? ''}`
      : '',
    type.ena === 'required' && !image.hasEna
      ? 'it needs the driver of the Elastic Network Adapter, which the image is not marked to have'
      : '',
  ];
  const warnings = [
    // EC2 knows of no image whether it has that driver; devices get other names there.
    type.nvme === 'required' && source?.nvme !== 'required'
      ? 'its volumes are NVMe devices: what names them as /dev/xvd… on the machine finds them no more'
      : '',
    image.imdsSupport === 'v2.0' && httpTokens === 'optional'
      ? 'the image asks for IMDSv2, the launch allows IMDSv1 as well: the launch counts'
      : '',
  ];
  const told = (lines: readonly string[]): string[] => lines.filter((line) => line !== '');
  return { misfits: told(misfits), warnings: told(warnings) };
}
