/** What a sheet is made of: runbook.yaml and the tags of the newest usable backup, nothing else. */
import type { BackupRecord, LaunchSettings } from '../../machine/backups/backup-record';
import type { Judgement } from '../../machine/databases/judge';
import type { LaunchChoice } from '../../machine/launch/launch-settings';

/** An SSH account, without its key. */
export interface Login {
  readonly user: string;
  readonly host: string;
  readonly port: number;
}

/** Another region in which the installation could be restored. */
export interface Elsewhere {
  readonly region: string;
  /** The newest usable copy there, and what a launch needs there; or why nobody can tell. */
  readonly copy:
    { readonly image: string; readonly takenAt: string } | { readonly unknown: string };
  readonly subnetId?: string | undefined;
  readonly securityGroupIds?: readonly string[] | undefined;
}

/** The spare machine that waits, or why nobody can tell. */
export interface Spare {
  readonly region: string;
  readonly machine:
    | { readonly instanceId: string; readonly image: string; readonly instanceType: string }
    | { readonly unknown: string };
}

/** What an instance type has, or why nobody could tell. */
export type Specs =
  | {
      readonly vCpus: number;
      readonly memoryMib: number;
      readonly architectures: readonly string[];
    }
  | { readonly unknown: string };

/** Everything that a sheet says. */
export interface SheetFacts {
  readonly installation: string;
  /** ISO 8601, UTC. */
  readonly madeAt: string;
  readonly region: string;
  /** As configured: a DNS name, or an address of the machine. */
  readonly hostname: string;
  /** Allocation id of the Elastic IP by which the installation is reached; else a DNS record. */
  readonly elasticIp?: string;
  readonly login: Omit<Login, 'host'> & {
    readonly address: 'private' | 'public';
    readonly bastion?: Login;
  };
  /** Pinned keys of the machine that lives now. */
  readonly hostKeys: readonly string[];
  /** The tags by which the next backup finds the machine. */
  readonly foundBy: Readonly<Record<string, string>>;
  readonly image: {
    readonly id: string;
    readonly name: string;
    /** ISO 8601, UTC: when the backup was taken. */
    readonly createdAt: string;
    readonly disks: readonly {
      readonly device: string;
      readonly snapshotId?: string;
      readonly sizeGib?: number;
      readonly volumeType?: string;
    }[];
  };
  readonly elsewhere: readonly Elsewhere[];
  readonly spare?: Spare | undefined;
  readonly record: BackupRecord;
  /** How a restore would launch the machine. */
  readonly launch: LaunchSettings;
  /** What the instance type has, or why nobody could tell. */
  readonly specs: Specs;
  /** What a restore would try when AWS refuses that, in its order. */
  readonly alternatives?: readonly (LaunchChoice & { readonly specs: Specs })[];
  /** Where the databases are, as far as record and configuration tell. */
  readonly databases: Judgement;
  readonly objectStorage: BackupRecord['objectStorage'];
}
