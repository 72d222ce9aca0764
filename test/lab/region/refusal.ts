/** Reads the code of a refusal of EC2. */
import { EC2ServiceException } from '@aws-sdk/client-ec2';

/** The error code with which the call is refused, or `accepted`. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'accepted';
  } catch (error) {
    return error instanceof EC2ServiceException ? error.name : String(error);
  }
}
