/**
 * What an error of EC2 means: wait and try again, or ask a person. `details[0].code` of the failure
 * is EC2's own code, so that an activity can reconcile what it finds (`InvalidAMIName.Duplicate`).
 */
import type { ApplicationFailure } from '@temporalio/common';
import { codeOf } from '../contract/aws-code';
import { refuse, tryAgain } from '../contract/failures';

/** Codes that go away by themselves within seconds. */
const busy =
  /^(RequestLimitExceeded|Throttling.*|EC2ThrottledException|PriorRequestNotComplete|Internal(Error|Failure)|ServiceUnavailable|Unavailable)$/;

/** Codes that go away by themselves within minutes. */
const occupied =
  /^(InsufficientInstanceCapacity|InsufficientFreeAddressesInSubnet|ResourceLimitExceeded|SnapshotCreationPerVolumeRateExceeded|(Concurrent|Pending)SnapshotLimitExceeded|IncorrectInstanceState|IncorrectState|VolumeInUse)$/;

const denied =
  /^(UnauthorizedOperation|AuthFailure|ExpiredToken|ExpiredTokenException|RequestExpired|InvalidClientTokenId|SignatureDoesNotMatch|OptInRequired|PendingVerification|Blocked|CredentialsProviderError|TokenProviderError)$/;

/** Network trouble below HTTP, in the code or, where the SDK wraps the error, in the message. */
const network =
  /\b(TimeoutError|NetworkingError|ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)\b/;

/** Where an error arose, for its message and its sorting. */
export interface Call {
  readonly action: string;
  readonly region: string;
  /** The call is about objects that this program just made: EC2 may not know them yet. */
  readonly aboutNewObjects?: boolean;
}

/** Whether EC2 said that it knows no such object: `InvalidInstanceID.NotFound`. */
export function isNotFound(error: unknown): boolean {
  // A deregistered image is "unavailable" for a while before it is not found.
  return /^Invalid\w+\.NotFound$|^InvalidAMIID\.Unavailable$/.test(codeOf(error) ?? '');
}

/** Turns an error of the SDK into a failure that Temporal and a person can act on. */
function failureOf(error: unknown, call: Call): ApplicationFailure {
  const code = codeOf(error) ?? 'unknown error';
  const said = textOf(error);
  const where = `${call.action} in ${call.region}`;
  if (isTransient(error, call)) {
    return tryAgain(
      'AwsUnavailable',
      `AWS did not take ${where}: ${code}: ${said}. A step tries it again by itself; if ` +
        "it stays so, check AWS's status page, the quota or the endpoint, then retry.",
      { code },
    );
  }
  if (denied.test(code)) {
    return refuse(
      'AwsDenied',
      `AWS denied ${where}: ${code}: ${said}. Renew the worker's credentials or grant its role ` +
        `ec2:${call.action} (docs/operate/permissions.md), then retry.`,
      { code },
    );
  }
  return refuse(
    'AwsRefused',
    `AWS refused ${where}: ${code}: ${said}. Change what it names, then retry.`,
    { code },
  );
}

/** Runs a call; its errors become failures, or the reason why it was called off. */
export async function call<T>(
  about: Call,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await work();
  } catch (error) {
    signal?.throwIfAborted();
    throw failureOf(error, about);
  }
}

function isTransient(error: unknown, call: Call): boolean {
  const code = codeOf(error) ?? '';
  const said = textOf(error);
  return (
    busy.test(code) ||
    occupied.test(code) ||
    network.test(`${code} ${said}`) ||
    (call.aboutNewObjects === true && isNotFound(error)) ||
    // EC2 has no code of its own for an instance that is just starting or stopping.
    (code === 'InvalidParameterValue' && said.includes('not in state')) ||
    // A profile that was made a moment ago is unknown to EC2 for some seconds.
    (code === 'InvalidParameterValue' && /iamInstanceProfile/i.test(said)) ||
    (statusOf(error) ?? 0) >= 500
  );
}

function statusOf(error: unknown): number | undefined {
  const metadata = isObject(error) ? error['$metadata'] : undefined;
  const status = isObject(metadata) ? metadata['httpStatusCode'] : undefined;
  return typeof status === 'number' ? status : undefined;
}

// An authorization failure brings a long encoded message that tells a reader nothing.
function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const [said = ''] = text.split(/\s*Encoded authorization failure message/);
  return said.replace(/\s+/g, ' ').slice(0, 300).replace(/\.$/, '');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
