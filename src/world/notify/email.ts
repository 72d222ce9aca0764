/** The message as plain text by SMTP. Taken is what the server answered 250 to after the text. */
import { createTransport } from 'nodemailer';
import type { NamedReceiver } from '../../config/notify';
import type { Message } from '../../contract/telling/telling';
import { wordsOf } from '../../contract/telling/telling-words';
import { readSecret } from './post';
import { NotTaken, tryLimitMs, within, type Receiver } from './receiver';

type EmailConfig = NamedReceiver & { readonly kind: 'email' };

export function emailReceiver(config: EmailConfig): Receiver {
  return {
    name: config.name,
    take: (message) => within(tryLimitMs, (signal) => send(config, message, signal)),
  };
}

async function send(
  config: EmailConfig,
  message: Message,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { host, tls, user, passwordFile, from, to } = config;
  const transport = createTransport({
    host,
    port: config.port ?? (tls === 'implicit' ? 465 : 587),
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    ...(user === undefined || passwordFile === undefined
      ? {}
      : { auth: { user, pass: readSecret(passwordFile) } }),
    connectionTimeout: tryLimitMs,
    greetingTimeout: tryLimitMs,
    socketTimeout: tryLimitMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  signal.addEventListener('abort', () => {
    transport.close();
  });
  try {
    const sent = await transport.sendMail({
      from: { name: 'runbook', address: from },
      to: to.map((address) => ({ name: '', address })),
      ...mailOf(message),
    });
    const refused = sent.rejected.length;
    return refused === 0 ? undefined : `${String(refused)} of its mailboxes were refused`;
  } catch (error) {
    throw withAnswer(error);
  } finally {
    transport.close();
  }
}

/** Subject and text. A mail that arrives twice has the same Message-ID: most readers show it once. */
function mailOf(message: Message) {
  const { subject, details, commands, footer } = wordsOf(message);
  const parts = [details, commands.join('\n'), footer].filter((part) => part !== '');
  return {
    subject: `[runbook] ${subject}`,
    text: `${parts.join('\n\n')}\n`,
    messageId: `<${message.id.replace(/[^\w-]/g, '-')}@runbook.invalid>`,
    // No vacation notice in return.
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}

/** The server's code says what is wrong; its text may quote what it was sent. */
function withAnswer(error: unknown): unknown {
  if (typeof error !== 'object' || error === null || !('responseCode' in error)) return error;
  if (typeof error.responseCode !== 'number') return error;
  const at = 'command' in error && typeof error.command === 'string' ? ` to ${error.command}` : '';
  return new NotTaken(`answered ${String(error.responseCode)}${at}`);
}
