/** What the examination of one installation is about. */
import type { Installation } from '../../config';
import type { Ec2 } from '../../world/ec2';

export interface Patient {
  readonly name: string;
  readonly installation: Installation;
  readonly ec2: Ec2;
  /** The regions that get copies. */
  readonly elsewhere: readonly Elsewhere[];
}

/** A region that gets copies. */
export interface Elsewhere {
  readonly region: string;
  readonly ec2: Ec2;
}
