/** The message as JSON, signed by the Standard Webhooks scheme where a secret is given. */
import { Webhook } from 'standardwebhooks';
import type { NamedReceiver } from '../../config/notify';
import { post, readSecret } from './post';
import { NotTaken, tryLimitMs, within, type Receiver } from './receiver';

export function jsonReceiver(config: NamedReceiver & { readonly kind: 'json' }): Receiver {
  return {
    name: config.name,
    take: (message) =>
      within(tryLimitMs, async (signal) => {
        const at = new Date();
        const body = JSON.stringify(message);
        const headers = {
          'webhook-id': message.id,
          'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        };
        const signed =
          config.secretFile === undefined
            ? headers
            : {
                ...headers,
                'webhook-signature': signer(config.secretFile).sign(message.id, at, body),
              };
        await post(config, { body, headers: signed }, signal);
        return undefined;
      }),
  };
}

function signer(file: string): Webhook {
  const secret = readSecret(file);
  const bare = secret.replace(/^whsec_/, '');
  // Fewer bytes than the scheme asks for would be a password, not a key.
  const isKey = /^[A-Za-z0-9+/]+={0,2}$/.test(bare) && Buffer.from(bare, 'base64').length >= 24;
  if (!isKey) {
    throw new NotTaken('its secretFile holds no key: "whsec_" and 24 to 64 bytes in base64');
  }
  return new Webhook(secret);
}
