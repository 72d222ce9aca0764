/**
 * What a refusal of AWS asks of a person. The codes are those of the EC2 API's page of error codes
 * and of public reports; one that is not here is told as it came. Pure.
 */

/** What has to be done about a refusal. */
export type RefusalKind =
  | 'busy'
  | 'login'
  | 'rights'
  | 'terms'
  | 'account'
  | 'quota'
  | 'capacity'
  | 'type'
  | 'subnet'
  | 'resource'
  | 'profile'
  | 'volume'
  | 'unknown';

/** A refusal as AWS words it, and the call that it answers. */
export interface Refusal {
  readonly action: string;
  readonly code: string;
  readonly said: string;
}

type Rule = readonly [kind: RefusalKind, code: RegExp, said?: RegExp];

/** They hold for every call. The first that fits counts. */
const anyCall: readonly Rule[] = [
  [
    'busy',
    /^(RequestLimitExceeded|Throttling.*|EC2ThrottledException|PriorRequestNotComplete|Internal(Error|Failure)|ServiceUnavailable|Unavailable)$/,
  ],
  // The same code as for wrong credentials: what it names belongs to another account.
  ['rights', /^AuthFailure$/, /^not authorized for/i],
  [
    'login',
    /^(AuthFailure|Expired(Token|TokenException)|TokenRefreshRequired|RequestExpired|RequestTimeTooSkewed|InvalidClientTokenId|InvalidAccessKeyId|UnrecognizedClientException|IncompleteSignature|InvalidSignatureException|SignatureDoesNotMatch|Missing(AuthenticationToken|AuthenticationTokenException)|CredentialsProviderError|TokenProviderError)$/,
  ],
  ['rights', /^(UnauthorizedOperation|UnauthorizedException|AccessDenied|AccessDeniedException)$/],
  ['terms', /^OptInRequired$/],
  ['account', /^(PendingVerification|Blocked)$/],
  // Limits that are counted anew within minutes.
  [
    'busy',
    /^(ResourceLimitExceeded|SnapshotCreationPerVolumeRateExceeded|(Concurrent|Pending)SnapshotLimitExceeded)$/,
  ],
  ['quota', /(LimitExceeded|QuotaExceeded)$/],
];

/** They hold for a launch. */
const launching: readonly Rule[] = [
  ['terms', /^UnsupportedOperation$/, /marketplace/i],
  [
    'capacity',
    /^(Insufficient(Instance|Host|ReservedInstance|Reserved)?Capacity|InsufficientCapacityOnHost|UnfulfillableCapacity|MaxSpotInstanceCountExceeded)$/,
  ],
  ['volume', /^InsufficientVolumeCapacity$/],
  ['type', /^(Unsupported|InvalidInstanceType|InstanceTypeNotSupported|UnsupportedHibernation.*)$/],
  ['type', /^UnsupportedOperation$/, /instance|type|boot|network|volume/i],
  // ENA, virtualization, boot mode, NVMe, IMDS: the image and the type do not go together.
  [
    'type',
    /^InvalidParameter(Combination|Value)$/,
    /\bENA\b|enhanced networking|virtualization type|boot mode|\buefi\b|legacy-bios|architecture|InstanceType\b|instance type|\bNVMe\b|non-windows instances with/i,
  ],
  [
    'subnet',
    /^(InsufficientFreeAddressesInSubnet|InvalidSubnetID?\..+|InvalidSubnet(ID|Id)?|InvalidZone\.NotFound)$/,
  ],
  ['subnet', /^InvalidParameter(Value|Combination)?$/, /belong to different networks|subnet/i],
  [
    'resource',
    /^(Invalid(KeyPair|AMIID|AMI|Group|GroupId|SecurityGroupID|Snapshot|PlacementGroup|NetworkInterfaceID)\..+)$/,
  ],
  ['profile', /^(InvalidParameterValue|InvalidIamInstanceProfile.*)$/, /iam ?instance ?profile/i],
  ['volume', /KMS|^(Encrypted.*NotSupported|InvalidBlockDeviceMapping|InvalidVolume.*)$/i],
];

/** They hold for every call but a launch, which has something better to do than to wait. */
const otherCalls: readonly Rule[] = [
  [
    'busy',
    /^(InsufficientInstanceCapacity|InsufficientFreeAddressesInSubnet|IncorrectInstanceState|IncorrectState|VolumeInUse)$/,
  ],
];

/** Sorts a refusal by what has to be done about it. */
export function kindOfRefusal({ action, code, said }: Refusal): RefusalKind {
  const rules = [...anyCall, ...(action === 'RunInstances' ? launching : otherCalls)];
  const found = rules.find(([, codes, words]) => codes.test(code) && (words?.test(said) ?? true));
  return found?.[0] ?? 'unknown';
}

/**
 * Whether another type or another subnet may do where this one was refused. What is refused for the
 * account, the credentials or the image is refused everywhere.
 */
export function isPassedOver(kind: RefusalKind): boolean {
  return kind === 'capacity' || kind === 'type' || kind === 'subnet';
}

/** The reasons for which a machine that was launched is gone before it ran: others may do. */
export function isCapacityGone(stateReason: string): boolean {
  return stateReason.startsWith('Server.InsufficientInstanceCapacity');
}
