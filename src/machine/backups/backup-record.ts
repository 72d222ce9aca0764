/**
 * What a restore must know of the machine that an image was made of. It travels as tags on the
 * image and its snapshots, so that the tags alone are enough if Temporal's database is lost.
 */
import type { RecordedDatabases } from '../proof/databases';
import type { RecordedVolumes } from '../volumes/record';

import type { DatabaseSigns } from '../databases/signs';
import type { PlatformRecord } from '../platform/supported';

/** How to launch a machine like the source; what an image does not carry. */
export interface LaunchSettings {
  readonly instanceType: string;
  readonly subnetId: string;
  readonly securityGroupIds: readonly string[];
  /** Name or ARN of the instance profile. */
  readonly instanceProfile?: string;
  readonly keyPair?: string;
  /** Services machines of 2018 use IMDSv1 from containers: keep what the source had. */
  readonly httpTokens: 'optional' | 'required';
  readonly httpPutResponseHopLimit: number;
  readonly terminationProtection: boolean;
}

/** The facts of one backup. Fields that could not be read are absent and named in `unrecorded`. */
export interface BackupRecord {
  readonly installation: string;
  /** Workflow id of the backup run. */
  readonly run: string;
  /** ISO 8601, UTC: when the backup began. */
  readonly takenAt: string;
  readonly consistency: 'no-reboot' | 'reboot' | 'stop-app';
  readonly sourceInstanceId: string;
  readonly privateAddress: string;
  readonly publicAddress?: string;
  readonly hostname?: string;
  readonly distribution?: 'debian' | 'rhel';
  /** What the machine is made of, and why it could not be restored, should that be so. */
  readonly platform?: PlatformRecord;
  readonly replicatedVersion?: string;
  readonly appSequence?: number;
  /** `ssh-ed25519 SHA256:…`, one for each host key. */
  readonly hostKeys: readonly string[];
  readonly launch: LaunchSettings;
  /**
   * Whether anything says that databases are outside: what a version believes that knows no signs. A
   * record without `databases` is of such a version, and its word alone is not to be trusted.
   */
  readonly externalServices: boolean;
  readonly databases?: DatabaseSigns;
  readonly objectStorage: 's3' | 'disk' | 'nfs';
  /** How many Nomad clients were ready. */
  readonly nomadClients?: number;
  /** The mounts, and which folder of the app lies on which. */
  readonly volumes?: RecordedVolumes;
  /** What the databases said that they hold. */
  readonly holdings?: RecordedDatabases;
  /** Targets of the mounts that bear this backup's mark. */
  readonly marks?: readonly string[];
  /** What found no room in the tags. */
  readonly leftOut?: readonly string[];
  /** What could not be recorded, and why; one line each. */
  readonly unrecorded: readonly string[];
}
