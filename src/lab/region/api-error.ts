/** The refusals of EC2: codes and messages as AWS words them, because callers read both. */

/** An answer of EC2 that is an error. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }
}

/** The credentials are not taken: a session is over, or its keys are not known (any more). */
export function loginRefused(code: 'RequestExpired' | 'ExpiredToken' | 'AuthFailure'): ApiError {
  const messages = {
    RequestExpired: 'Request has expired.',
    ExpiredToken: 'The security token included in the request is expired',
    AuthFailure: 'AWS was not able to validate the provided access credentials',
  };
  return new ApiError(code, messages[code], code === 'AuthFailure' ? 401 : 400);
}

/** The caller's policies do not allow it. */
export function notPermitted(
  account: string,
  { action, resource }: { readonly action: string; readonly resource: string },
): ApiError {
  return new ApiError(
    'UnauthorizedOperation',
    `You are not authorized to perform this operation. User: arn:aws:iam::${account}:user/lab is not ` +
      `authorized to perform: ${action} on resource: ${resource} because no identity-based policy ` +
      `allows the ${action} action`,
    403,
  );
}

/** The kinds of resource, by the prefix of their ids, with the words of their error codes. */
const kinds = {
  i: { code: 'InvalidInstanceID', noun: 'instance ID' },
  ami: { code: 'InvalidAMIID', noun: 'image id' },
  snap: { code: 'InvalidSnapshot', noun: 'snapshot' },
  vol: { code: 'InvalidVolume', noun: 'volume' },
  eipalloc: { code: 'InvalidAllocationID', noun: 'allocation ID' },
  eipassoc: { code: 'InvalidAssociationID', noun: 'association ID' },
  subnet: { code: 'InvalidSubnetID', noun: 'subnet ID' },
  sg: { code: 'InvalidGroup', noun: 'security group' },
} as const;

/** The prefix of a resource's id. */
export type IdKind = keyof typeof kinds;

/** The resource exists nowhere, or not yet for this reader. */
export function notFound(kind: IdKind, ...ids: readonly string[]): ApiError {
  const { code, noun } = kinds[kind];
  const named = ids.join(', ');
  const message =
    kind === 'ami'
      ? `The image id '[${named}]' does not exist`
      : `The ${noun} '${named}' does not exist`;
  return new ApiError(`${code}.NotFound`, message);
}

/** The id cannot be one of this kind. */
function malformed(kind: IdKind, id: string): ApiError {
  const { code, noun } = kinds[kind];
  const codes: Partial<Record<IdKind, string>> = {
    snap: 'InvalidParameterValue',
    vol: 'InvalidParameterValue',
  };
  codes.sg = 'InvalidGroupId.Malformed';
  return new ApiError(codes[kind] ?? `${code}.Malformed`, `Invalid ${noun}: "${id}"`);
}

/** Refuses an id that is not of the kind. */
export function checkId(kind: IdKind, id: string): string {
  if (!new RegExp(`^${kind}-([0-9a-f]{8}|[0-9a-f]{17})$`).test(id)) {
    throw malformed(kind, id);
  }
  return id;
}

/** A parameter has a value that EC2 does not take. */
export function invalidValue(message: string): ApiError {
  return new ApiError('InvalidParameterValue', message);
}

/** A parameter that must be there is not. */
export function missing(parameter: string): ApiError {
  return new ApiError('MissingParameter', `The request must contain the parameter ${parameter}`);
}
