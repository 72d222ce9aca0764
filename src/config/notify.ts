/** The part of runbook.yaml about telling people: who is told, in which order, and how often. */
import { z } from 'zod';
import { seconds } from './times';
import { isPrintable } from '../contract/printable';

const file = z.string().min(1);
const line = z
  .string()
  .min(1)
  .max(200)
  .refine(isPrintable, 'is one line without control characters');
/** What this receiver is called in journals and reports; its kind, unless given. */
const name = line.max(40).optional();

const webUrl = z.url({ protocol: /^https?$/, error: 'is a URL: https://HOST/…' });
const place = { url: webUrl.optional(), urlFile: file.optional() };

function hasOnePlace({ url, urlFile }: { url?: string | undefined; urlFile?: string | undefined }) {
  return (url === undefined) !== (urlFile === undefined);
}
const onePlace = {
  message: 'give either "url" or "urlFile" (a file that holds it)',
  path: ['url'],
};

/** Gets the message as JSON, signed by the Standard Webhooks scheme where a secret is given. */
const json = z
  .strictObject({ kind: z.literal('json'), name, ...place, secretFile: file.optional() })
  .refine(hasOnePlace, onePlace);

/** An incoming webhook of Slack, or of what takes the same. */
const slack = z
  .strictObject({ kind: z.literal('slack'), name, ...place })
  .refine(hasOnePlace, onePlace);

/** No header can be smuggled in: an address holds no space, no comma and no line break. */
const mailbox = z
  .string()
  .max(254)
  .regex(/^[^\s<>,;:"()\\@]+@[^\s<>,;:"()\\@]+$/, 'is a mail address: name@example.com');

const email = z
  .strictObject({
    kind: z.literal('email'),
    name,
    host: z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/, 'is a host name or an address'),
    port: z.int().min(1).max(65535).optional(),
    /** `starttls`: refused where the server does not offer it; `implicit`: TLS from the first byte. */
    tls: z.enum(['starttls', 'implicit', 'none']).default('starttls'),
    user: line.optional(),
    passwordFile: file.optional(),
    from: mailbox,
    to: z.array(mailbox).min(1).max(20),
  })
  .refine(({ user, passwordFile }) => (user === undefined) === (passwordFile === undefined), {
    message: 'go together: give both or none',
    path: ['passwordFile'],
  })
  .refine(({ tls, user }) => tls !== 'none' || user === undefined, {
    message: 'would send the password in clear text: use starttls or implicit',
    path: ['tls'],
  });

const receiver = z.discriminatedUnion('kind', [json, slack, email]);
export type ReceiverConfig = Readonly<z.output<typeof receiver>>;

/** More of them would take longer for one round than a person waits. */
const mostReceivers = 8;

const form = z.strictObject({
  /** The older form: one receiver of JSON. */
  url: webUrl.optional(),
  receivers: z.array(receiver).min(1).max(mostReceivers).optional(),
  /** Whether the next receiver is told only when the one before does not take it, or all are told. */
  order: z.enum(['inOrder', 'all']).default('inOrder'),
  /** When a gate that still waits is told again. */
  reminders: z
    .strictObject({
      after: seconds('1 hour'),
      beforeEnd: seconds('1 hour'),
      /** How often while an app is stopped that a run has stopped. */
      appStopped: seconds('15 minutes'),
    })
    .prefault({}),
  /** How long the end of a run is told when nobody takes it. */
  keepTrying: seconds('7 days'),
});

/** Each receiver has a name of its own: its kind, numbered where there are several. */
function withNames(receivers: readonly ReceiverConfig[]) {
  const seen = new Map<string, number>();
  return receivers.map((one) => {
    const wanted = one.name ?? one.kind;
    const times = (seen.get(wanted) ?? 0) + 1;
    seen.set(wanted, times);
    return { ...one, name: times === 1 ? wanted : `${wanted} ${String(times)}` };
  });
}

export const notify = form
  .refine(({ url, receivers }) => url === undefined || receivers === undefined, {
    message:
      'is the older form of one receiver: write it among "receivers", as { kind: json, url: … }',
    path: ['url'],
  })
  .transform(({ url, receivers = [], ...rest }) => ({
    ...rest,
    receivers: withNames(url === undefined ? receivers : [{ kind: 'json', url }]),
  }));

export type NotifyConfig = Readonly<z.output<typeof notify>>;
/** A receiver with its name. */
export type NamedReceiver = NotifyConfig['receivers'][number];

/** The same with absolute paths of its files. */
export function withAbsoluteFiles(
  config: NotifyConfig,
  absolute: (path: string) => string,
): NotifyConfig {
  const keys = ['urlFile', 'secretFile', 'passwordFile'] as const;
  const receivers = config.receivers.map((one): NamedReceiver => {
    const given: Readonly<Partial<Record<(typeof keys)[number], string | undefined>>> = one;
    const files = keys.flatMap((key) => {
      const path = given[key];
      return path === undefined ? [] : [[key, absolute(path)]];
    });
    return { ...one, ...(Object.fromEntries(files) as object) };
  });
  return { ...config, receivers };
}
