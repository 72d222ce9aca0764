/** What a restore or backup works from: frozen in the run's history once it is made. */
import type { BackupRecord, LaunchSettings } from '../machine/backups/backup-record';
import type { Judgement } from '../machine/databases/judge';
import type { ImageDisk } from '../machine/backups/image-devices';
import type { LaunchChoice } from '../machine/launch/launch-settings';
import type { ObjectStorage } from '../machine/storage/object-storage';
import type { RecordedObjects } from '../machine/backups/object-tags';
import type { Reminding } from './telling/patience';

/** What the workflow needs of the configuration. Durations in seconds. */
export interface Settings {
  /** The task queue of the workers that share this configuration. */
  readonly taskQueue: string;
  readonly region: string;
  readonly hostname: string;
  /** Allocation id of the Elastic IP that the machine is reached by; absent: a DNS record. */
  readonly elasticIp?: string;
  /** The other regions that get a copy of each backup. */
  readonly copies: readonly string[];
  readonly hasSpare: boolean;
  /** Absent when the machine is found by its tags. */
  readonly servicesMachineId?: string;
  /** Whether a token for CircleCI's own API is configured. */
  readonly hasCircleciApi: boolean;
  /** What runbook.yaml says of the databases; absent: nothing. */
  readonly externalServices?: boolean;
  /** Where the objects are, in a word; `s3` also when nothing is configured. */
  readonly objectStorage: ObjectStorage['kind'];
  /** The same with its place; absent when nothing is configured. */
  readonly objects?: ObjectStorage;
  /** How people are told; absent in runs of earlier versions. */
  readonly telling?: { readonly reminders: Reminding; readonly keepTrying: number };
  readonly approvals: Readonly<
    Record<'launch' | 'elasticIp' | 'buildRecords' | 'prune', 'required' | 'waived'>
  >;
  readonly limits: Readonly<
    Record<
      | 'gate'
      | 'unattendedGate'
      | 'image'
      | 'launch'
      | 'ssh'
      | 'stopApp'
      | 'startApp'
      | 'replicated'
      | 'verify'
      | 'stoppedForImage'
      | 'poll'
      | 'heartbeat'
      | 'retryAfter'
      | 'attempts',
      number
    >
  >;
}

/** `replacesFrom` of a plan that knows the old addresses from EC2 alone. */
export const sourceInstance = 'the source instance';

/** The addresses that the image's files still carry. */
export interface OldAddresses {
  readonly private: string;
  readonly public?: string;
}

/** A machine under work: where it is and which host keys it is known by. */
export interface Machine {
  readonly installation: string;
  /** Absent: the installation's own. */
  readonly region?: string;
  readonly instanceId: string;
  readonly privateAddress: string;
  readonly publicAddress?: string;
  /** `ssh-ed25519 SHA256:…`; empty until the host key is trusted. */
  readonly hostKeys: readonly string[];
}

/** How a machine is launched: frozen until a person approves something else. */
export interface LaunchPlan {
  readonly launch: LaunchSettings;
  /** What is tried, in this order, when AWS refuses it. */
  readonly alternatives?: readonly LaunchChoice[];
  /** What held where the configuration says nothing, for another plan of the same launch. */
  readonly launchBase?: Partial<LaunchSettings>;
}

/** The plan of a copy of the live machine in quarantine. */
export interface CopyPlan extends LaunchPlan {
  readonly installation: string;
  readonly region: string;
  readonly imageId: string;
  readonly imageName: string;
  /** What the machine is told at each boot, byte by byte. */
  readonly userData: string;
  readonly replaces: OldAddresses;
  /** The hostname that the backup recorded. */
  readonly recorded?: string;
  readonly record: BackupRecord;
  readonly hostKeys: readonly string[];
  readonly notes: readonly string[];
}

/** The plan of a spare machine: how it is launched in quarantine, and what goes when it is ready. */
export interface SparePlan extends CopyPlan {
  readonly mode: 'stopped' | 'running';
  /** Spares that are there already, whatever became of them. */
  readonly previous: readonly string[];
  /** The one of them that is ready and holds this very backup. */
  readonly current?: string;
}

/** The plan of a drill: a copy that is put to the proof and ends at a set time, come what may. */
export interface DrillPlan extends CopyPlan {
  /** ISO 8601: when the machine ends itself. */
  readonly expires: string;
  /** The test hostname; absent: the machine's own address. */
  readonly hostname?: string;
  readonly ask: readonly ('oauth' | 'login')[];
  /** The volumes of the image: they must not outlive the machine. */
  readonly disks: readonly ImageDisk[];
  /** The object storage as the backup found it. */
  readonly objects?: RecordedObjects;
}

/** What a launch is approved by and what may change while a question waits. */
export interface LaunchFacts extends Pick<RestorePlan, 'others' | 'unseen' | 'elasticIp'> {
  /** The state of each machine that was asked about; `gone` where EC2 does not know it any more. */
  readonly states: Readonly<Record<string, string>>;
  /** The state of the image; `gone` where there is none any more. */
  readonly image: string;
  /** The state of the machine that is taken up or over, and what its tag says of it. */
  readonly existing?: string;
}

/** The plan of a restore. Read-only to make; every later step works from it. */
export interface RestorePlan extends LaunchPlan {
  readonly installation: string;
  readonly region: string;
  /** The image to launch from, or that the machine was launched from. */
  readonly imageId: string;
  readonly imageName: string;
  /** The machine to take up again, if the request named one. */
  readonly existingInstanceId?: string;
  /** The seal, byte by byte: what a new machine is told at each boot. Absent: it is told nothing. */
  readonly userData?: string;
  /** Absent: nothing says so; the new machine's own files are asked. */
  readonly replaces?: OldAddresses;
  readonly replacesFrom: string;
  /** As configured or recorded; an address of the old machine becomes the new one's. Absent in the
   * plan of an earlier version: it was the old public address. */
  readonly hostname?: string;
  readonly record?: BackupRecord;
  /** Where the databases are, by the record and by runbook.yaml; absent in the plan of an earlier version. */
  readonly databases?: Judgement;
  /** The object storage as the backup found it. */
  readonly objects?: RecordedObjects;
  /** Keys that the machine may show: recorded at backup, or confirmed for it by an earlier run. */
  readonly hostKeys: readonly string[];
  readonly source?: { readonly instanceId: string; readonly state: string };
  /** Living machines that could act as the installation beside the new one, and why they could. */
  readonly others: readonly {
    readonly instanceId: string;
    readonly why: string;
    /** Absent: where the restore works. */
    readonly region?: string;
  }[];
  /** Other regions of the installation that did not tell what runs there; one line each. */
  readonly unseen: readonly string[];
  readonly elasticIp?: {
    readonly allocationId: string;
    readonly publicAddress: string;
    readonly heldBy?: string;
  };
  /** Facts and warnings for the person who approves. */
  readonly notes: readonly string[];
  /** Set when the machine is a spare that is taken over: its groups in service. */
  readonly spare?: { readonly securityGroupIds: readonly string[] };
  /** Each line of the runbook with what it will change. */
  readonly changes: readonly { readonly step: string; readonly change: string }[];
}
