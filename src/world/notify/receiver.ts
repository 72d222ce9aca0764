/** What every receiver is: something that takes a message, or says why not. */
import type { Message } from '../../contract/telling/telling';

/** A receiver took the message, or why it did not. Never a secret, never the whole address. */
export type Taking =
  | { readonly isTaken: true; readonly note?: string }
  | { readonly isTaken: false; readonly why: string };

export interface Receiver {
  readonly name: string;
  /** Tries once, for ten seconds at most; never throws. */
  take(message: Message): Promise<Taking>;
}

/** Those that are configured, in their order. */
export interface Receivers {
  readonly order: 'inOrder' | 'all';
  readonly all: readonly Receiver[];
}

/** How long one try may take. */
export const tryLimitMs = 10_000;

/** A try that was given up, with what a person reads. */
export class NotTaken extends Error {}

/** Ends the try at its limit, whatever the receiver does; a failure becomes its reason. */
export async function within(
  limitMs: number,
  work: (signal: AbortSignal) => Promise<string | undefined>,
): Promise<Taking> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new NotTaken(`no answer within ${String(limitMs / 1000)} s`));
      abort.abort();
    }, limitMs);
  });
  try {
    const note = await Promise.race([work(abort.signal), late]);
    return { isTaken: true, ...(note === undefined ? {} : { note }) };
  } catch (error) {
    return { isTaken: false, why: whyNot(error) };
  } finally {
    clearTimeout(timer);
  }
}

const causes: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection cut off',
  UND_ERR_SOCKET: 'connection cut off',
  ENOTFOUND: 'no such host name',
  EAI_AGAIN: 'the host name could not be looked up',
  ETIMEDOUT: 'no connection in time',
  ENOENT: 'a file that runbook.yaml names is not there',
  EACCES: 'a file that runbook.yaml names cannot be read',
  EAUTH: 'the login was refused',
  ETLS: 'TLS is wanted and not offered',
};

/** Short words: the text of an error may hold the address, which may be the secret. */
function whyNot(error: unknown): string {
  if (error instanceof NotTaken) return error.message;
  for (let one: unknown = error; isFailure(one); one = one.cause) {
    const { code } = one;
    if (typeof code !== 'string') continue;
    const known = causes[code];
    if (known !== undefined) return known;
    if (/CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO/.test(code)) return `TLS failed (${code})`;
    if (one.cause === undefined) return code;
  }
  return 'the request failed';
}

function isFailure(value: unknown): value is { readonly code?: unknown; readonly cause?: unknown } {
  return typeof value === 'object' && value !== null;
}
