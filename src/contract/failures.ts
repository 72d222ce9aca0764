/**
 * Every way a runbook can fail, by type. Each has a section *Message / Why / What to do* in
 * docs/operate/failures.md; a test compares the two lists.
 */
import { ApplicationFailure } from '@temporalio/common';

/** One line for each failure type: what it means to the person on call. */
export const failureTypes = {
  InvalidRequest: 'the request is not one that this runbook takes',
  UnknownInstallation: 'the configuration has no installation of that name',
  RestoreOpen: 'another restore of this installation is open',
  ClaimLost: 'the run was closed and reset, and holds its claim no more',
  SpareOpen: 'the spare of this installation is being made anew',
  DrillOpen: 'another drill of this installation is open',
  QuarantineBroken: 'a copy of the live machine is not as silent or as closed off as it must be',
  BackupOpen: 'another backup of this installation is open',
  MachineNotFound: 'no instance, or more than one, matches the configuration',
  NotThisInstallation: 'the image or instance belongs to another installation',
  NoUsableImage: 'there is no available image to restore from',
  ImageOfAnotherOwner: 'the image belongs to an account that the configuration does not name',
  ImageNotAvailable: 'the image is not in the state available',
  ImageFailed: 'AWS could not make the image',
  ImageNameTaken: 'another image already has the name of this backup',
  ExternalServices: 'the image does not hold the databases of this installation',
  MissingLaunchSetting: 'neither tags nor configuration say how to launch the machine',
  LaunchedOtherwise: 'the run launched an instance with other settings before it was reset',
  InstanceLost: 'the launched instance was stopped or terminated by somebody else',
  InstanceNotHealthy: 'the instance did not pass its status checks in time',
  AwsDenied: 'the role of the worker may not do what was asked',
  AwsLoginRefused: 'AWS does not take the credentials of the worker',
  AwsTermsOpen: 'AWS wants terms to be accepted, or a service to be subscribed to',
  AwsAccountHeld: 'AWS is still verifying the account, or has blocked it',
  AwsQuotaReached: 'a quota of the AWS account is used up',
  TypeUnavailable: 'AWS has no machine of that type there, or the image does not run on it',
  SubnetUnavailable: 'the subnet is full or gone, or does not fit the security groups',
  LaunchResourceGone: 'something that the launch names does not exist any more',
  VolumeRefused: 'AWS cannot make a volume of the machine',
  ConfigurationBroken: 'runbook.yaml was read again and has mistakes',
  AwsRefused: 'AWS refused the call',
  AwsUnavailable: 'AWS did not answer, or asked to slow down',
  MachineUnreachable: 'the machine could not be reached over SSH',
  HostKeyUnknown: 'the machine shows a host key that nobody has confirmed',
  SshLoginRefused: 'the machine refused the SSH user or key',
  HostKeyBySha1: 'the machine can prove its host key by SHA-1 only, which nobody has allowed',
  LoginGetsNowhere: 'the login works, but the machine does not run the command',
  SudoRefused: 'sudo on the machine does not let the command run',
  ConnectionLost: 'the connection broke and the outcome of the command is unknown',
  CommandFailed: 'a command on the machine failed',
  NotAServicesMachine: 'the machine does not look like a Services machine',
  NotRestorable: 'an image was made, but this product cannot restore a machine like its source',
  BootStopped: 'the machine stopped in the middle of its boot, as its console shows',
  AnswerUnreadable: 'the machine answered in a shape that is not known here',
  OldAddressUnknown: 'nothing says which addresses the image carries',
  ElasticIpHeld: 'the Elastic IP belongs to another machine than the one that is replaced',
  DnsNotChanged: 'the hostname does not resolve to the new machine',
  AddressChanged: 'the machine got other addresses after they were written',
  AppNotStopped: 'the app did not stop',
  HostnameNotSet: 'the hostname was set but reads back differently',
  AddressNotFound: 'neither the old nor the new address stands in the file',
  AddressForeign: 'a key that Replicated needs names neither the old machine nor this one',
  FileChangedMeanwhile: 'somebody changed the file between reading and writing',
  DockerNotReady: 'Docker does not answer on the machine, or did not come back after a restart',
  NomadNotRemovable: '/opt/nomad is a symlink or a mount point, or Nomad still runs',
  ReplicatedNotReady: 'Replicated did not come up on the new address',
  AppNotStarted: 'the app did not start',
  AppNotHealthy: 'the app started but a check fails',
  MountsDiffer: 'the machine does not have its files where the backup had them',
  ObjectStorageDiffers: 'the machine keeps its objects elsewhere than the configuration says',
  ObjectsNotInImage: 'the volume that holds the objects is not in the image',
  ObjectsNotMounted: 'the object storage is not where the app looks for it',
  ObjectsNotTheSame: 'what is mounted is not the object storage that was backed up',
  ObjectsEmpty: 'the object storage is empty',
  ResticFailed: 'restic is missing on the machine, or failed',
  Superseded: 'a newer attempt or run has taken the work over; the late one changes nothing',
  MachineBusy: 'an earlier command that changes the machine still works there',
  FenceNotKept: 'the machine cannot write down which run works on it',
  TemporalSilent: 'Temporal did not say whether this attempt is still wanted',
  WorkerLost: 'the worker stopped or the step hung; what it did is looked up before it is repeated',
  Unforeseen: 'the step failed in a way that it does not know',
  CircleciRefused: 'the API of CircleCI refused the request, or what answers is not that API',
  CircleciUnavailable: 'the API of CircleCI did not answer',
  BuildsNotDeleted: 'a build record could not be deleted',
  NotTaken: 'no receiver took a message to people; it is tried again',
  Rejected: 'a person rejected a gate',
  Aborted: 'a person aborted the run',
  GateExpired: 'nobody answered a gate in time',
} as const;

/** The type of a failure, as Temporal shows it and as docs/operate/failures.md lists it. */
export type FailureType = keyof typeof failureTypes;

/** Makes a failure that only a person can mend: the step's gate opens at once. */
export function refuse(
  type: FailureType,
  message: string,
  ...details: unknown[]
): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true, details });
}

/** Makes a failure of a slow world: Temporal tries the step again within its retry policy. */
export function tryAgain(
  type: FailureType,
  message: string,
  ...details: unknown[]
): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: false, details });
}

/** What a failure of a launch says of the machine; goes with it as one of its details. */
export interface LaunchMark {
  /** Every request was refused; its machine is gone, or its token used up; it is there and lives. */
  readonly launch: 'nothing' | 'gone' | 'lives';
  /** Why EC2 says that it is gone. */
  readonly reason?: string | undefined;
}
