/**
 * Credentials that were renewed while the worker runs. The SDK reads a profile once and keeps what
 * has no date of its own for good; so keys that AWS does not take any more are read anew, and where
 * others are there, the call is sent with these.
 */
import type { EC2Client } from '@aws-sdk/client-ec2';
import { isAboutLogin } from './errors';

/** Lets the client read its credentials again when AWS does not take them. */
export function withRenewedLogin(client: EC2Client): EC2Client {
  client.middlewareStack.add(
    (next, context) => async (given) => {
      const used = await client.config.credentials().catch(() => undefined);
      try {
        return await next(given);
      } catch (error) {
        const action = context.commandName?.replace(/Command$/, '') ?? '';
        if (!isAboutLogin(error, action)) throw error;
        // What was refused for its credentials was not carried out: it may be sent again.
        const renewed = await client.config
          .credentials({ forceRefresh: true })
          .catch(() => undefined);
        if (renewed === undefined || isSame(used, renewed)) throw error;
        return await next(given);
      }
    },
    { step: 'initialize', name: 'renewedLogin' },
  );
  return client;
}

type Login = Awaited<ReturnType<EC2Client['config']['credentials']>>;

function isSame(one: Login | undefined, other: Login): boolean {
  return (
    one?.accessKeyId === other.accessKeyId &&
    one.secretAccessKey === other.secretAccessKey &&
    one.sessionToken === other.sessionToken
  );
}
