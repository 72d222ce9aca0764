/**
 * What the answer to a dry run tells. Only a denial says anything of rights: EC2 looks at the request
 * itself as well, in an order that it does not promise, and what it finds there is another matter.
 */
import { codeOf } from '../../contract/aws-code';

/** `unasked`: nothing was learned; `refused`: the call could not be made by anybody. */
export type DryRunVerdict = 'permitted' | 'denied' | 'unasked' | 'credentials' | 'refused';

// What the question was about is not there, or is in no state for it now: another one may be.
const aboutObject =
  /^Invalid(AMIID|InstanceID|Instance|Snapshot|Volume|ID)\.(NotFound|Unavailable|Malformed)$|InUse$|^(IncorrectInstanceState|IncorrectState|OperationNotPermitted|Resource\.AlreadyAssociated)$/;

const credentials =
  /^(AuthFailure|ExpiredToken|ExpiredTokenException|RequestExpired|InvalidClientTokenId|SignatureDoesNotMatch|CredentialsProviderError|TokenProviderError|UnrecognizedClientException)$/;

/** Sorts an answer that is neither "permitted" nor "denied". */
export function verdictOn(error: unknown): DryRunVerdict {
  const code = codeOf(error) ?? '';
  if (aboutObject.test(code) || typeOf(error) === 'AwsUnavailable') return 'unasked';
  return credentials.test(code) ? 'credentials' : 'refused';
}

/** The failure type that the world gave it. */
export function typeOf(error: unknown): string | undefined {
  const type: unknown =
    typeof error === 'object' && error !== null ? Reflect.get(error, 'type') : undefined;
  return typeof type === 'string' ? type : undefined;
}
