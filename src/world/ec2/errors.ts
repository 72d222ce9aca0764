/**
 * What an error of EC2 means: wait and try again, or ask a person, and for what. `details[0].code`
 * of the failure is EC2's own code, so that an activity can reconcile what it finds
 * (`InvalidAMIName.Duplicate`); `details[0].kind` is what it was sorted as.
 */
import type { ApplicationFailure } from '@temporalio/common';
import { codeOf } from '../../contract/aws-code';
import { refuse, tryAgain, type FailureType } from '../../contract/failures';
import { kindOfRefusal, type RefusalKind } from '../../machine/launch/aws-refusals';

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

/** Whether the credentials themselves were not taken: others may be, if there are others now. */
export function isAboutLogin(error: unknown, action: string): boolean {
  return kindOfRefusal({ action, code: codeOf(error) ?? '', said: textOf(error) }) === 'login';
}

/** What a person has to do about a refusal, and under which type it is explained. */
type Remedy = readonly [type: FailureType, verb: 'denied' | 'refused', todo: string];

const permissions = 'docs/operate/permissions.md';

const remedies: Readonly<Record<Exclude<RefusalKind, 'busy'>, (call: Call) => Remedy>> = {
  login: () => [
    'AwsLoginRefused',
    'denied',
    "Renew the worker's credentials where they come from (profile, file, role), check the clock of " +
      'its host, then retry: a file is read again, only variables of its environment need a restart.',
  ],
  rights: ({ action }) => [
    'AwsDenied',
    'denied',
    `Grant the worker's role ec2:${action} on what it is about (${permissions}), then retry.`,
  ],
  terms: () => [
    'AwsTermsOpen',
    'refused',
    'Accept the terms or subscribe in the AWS console, with the account of the worker, then retry.',
  ],
  account: () => [
    'AwsAccountHeld',
    'refused',
    'Wait until AWS has verified the account, or write to its support, then retry.',
  ],
  quota: () => [
    'AwsQuotaReached',
    'refused',
    'End what is not needed, or ask for more in Service Quotas, then retry.',
  ],
  capacity: () => [
    'TypeUnavailable',
    'refused',
    'Name another instanceType or a subnet in another zone in runbook.yaml, or wait; then retry.',
  ],
  type: () => [
    'TypeUnavailable',
    'refused',
    'Name an instanceType in runbook.yaml that is offered there and that the image runs on ' +
      '(`runbook doctor` asks for each), then retry.',
  ],
  subnet: () => [
    'SubnetUnavailable',
    'refused',
    'Name another subnet in runbook.yaml, with security groups of its VPC, then retry.',
  ],
  resource: () => [
    'LaunchResourceGone',
    'refused',
    'Make it again, or name what takes its place in runbook.yaml, then retry.',
  ],
  profile: () => [
    'LaunchResourceGone',
    'refused',
    'One that was just made is known after some seconds; else correct instanceProfile, then retry.',
  ],
  volume: ({ action }) => [
    action === 'RunInstances' ? 'VolumeRefused' : 'AwsRefused',
    'refused',
    `See to the key and to the volumes of the image (${permissions}), then retry.`,
  ],
  unknown: () => ['AwsRefused', 'refused', 'Change what it names, then retry.'],
};

/** Turns an error of the SDK into a failure that Temporal and a person can act on. */
function failureOf(error: unknown, call: Call): ApplicationFailure {
  const code = codeOf(error) ?? 'unknown error';
  const said = textOf(error);
  const where = `${call.action} in ${call.region}`;
  const kind = kindOf(error, call);
  if (kind === 'busy') {
    return tryAgain(
      'AwsUnavailable',
      `AWS did not take ${where}: ${code}: ${said}. A step tries it again by itself; if ` +
        "it stays so, check AWS's status page, the quota or the endpoint, then retry.",
      { code, kind, answered: isAnswer(error, call) },
    );
  }
  const [type, verb, todo] = remedies[kind](call);
  // A profile that was made a moment ago is unknown to EC2 for some seconds.
  const fail = kind === 'profile' ? tryAgain : refuse;
  const message = `AWS ${verb} ${where}: ${code}: ${said}. ${todo}${decoding(error)}`;
  // A reply that could not be read is no answer: the call may have done its work.
  const status = statusOf(error) ?? 0;
  const answered = kind !== 'unknown' || (status >= 400 && status < 500);
  return fail(type, message, { code, kind, answered });
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

function kindOf(error: unknown, call: Call): RefusalKind {
  const code = codeOf(error) ?? '';
  const said = textOf(error);
  const kind = kindOfRefusal({ action: call.action, code, said });
  const isSoon =
    (call.aboutNewObjects === true && isNotFound(error)) ||
    // EC2 has no code of its own for an instance that is just starting or stopping.
    (code === 'InvalidParameterValue' && said.includes('not in state'));
  if (isSoon) return 'busy';
  if (kind !== 'unknown') return kind;
  return network.test(`${code} ${said}`) || (statusOf(error) ?? 0) >= 500 ? 'busy' : kind;
}

/** Whether AWS itself has said no, so that the call has changed nothing. */
function isAnswer(error: unknown, { action }: Call): boolean {
  const code = codeOf(error) ?? '';
  if (network.test(`${code} ${textOf(error)}`) || (statusOf(error) ?? 500) >= 500) return false;
  return kindOfRefusal({ action, code, said: '' }) === 'busy';
}

function statusOf(error: unknown): number | undefined {
  const metadata = isObject(error) ? error['$metadata'] : undefined;
  const status = isObject(metadata) ? metadata['httpStatusCode'] : undefined;
  return typeof status === 'number' ? status : undefined;
}

const encoded = /Encoded authorization failure message:?\s*/i;

// An authorization failure brings a long encoded message that tells a reader nothing.
function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const [said = ''] = text.split(encoded);
  return said.slice(0, 2000).replace(/\s+/g, ' ').trim().slice(0, 300).replace(/\.$/, '');
}

/** How to read that message, which says which policy denied what. */
function decoding(error: unknown): string {
  const text = error instanceof Error ? error.message : '';
  if (!encoded.test(text)) return '';
  return (
    ' AWS tells which policy denied it to who may ask: aws sts decode-authorization-message, with ' +
    "the encoded message of the same call in CloudTrail or the worker's AWS CLI."
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
