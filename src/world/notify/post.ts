/** One HTTP POST of JSON. What answers 2xx has taken it; a redirect is a refusal, never followed. */
import { readFileSync } from 'node:fs';
import { saidShortly } from '../../machine/text/said';
import { NotTaken } from './receiver';

/** So much of a refusal is read for its reason. */
const mostOfAnswer = 2000;

/** Where to post: in the configuration, or in a file that is read anew for each try. */
export interface PostPlace {
  readonly url?: string | undefined;
  readonly urlFile?: string | undefined;
}

/** Posts the text; throws `NotTaken` with the receiver's reason. */
export async function post(
  place: PostPlace,
  request: { readonly body: string; readonly headers?: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<void> {
  const response = await fetch(urlOf(place), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...request.headers },
    body: request.body,
    // A 307 would send the message to whoever the answer names, a 302 would lose it as a GET.
    redirect: 'manual',
    signal,
  });
  if (response.ok) {
    // Nobody reads the answer; unread, it would keep its connection open.
    await response.body?.cancel();
    return;
  }
  if (response.status >= 300 && response.status < 400) {
    await response.body?.cancel();
    throw new NotTaken(redirected(response));
  }
  const said = await beginningOf(response);
  throw new NotTaken(`answered ${String(response.status)}${said === '' ? '' : `: ${said}`}`);
}

function redirected({ status, headers, url }: Response): string {
  const to = headers.get('location') ?? '';
  const target = URL.canParse(to, url) ? `to ${new URL(to, url).host}` : 'elsewhere';
  return (
    `answered ${String(status)}, a redirect ${target}, which is not followed: ` +
    'write the address that takes the message itself'
  );
}

async function beginningOf({ body }: Response): Promise<string> {
  if (body === null) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    // Leaving the loop cancels the rest.
    if (bytes >= mostOfAnswer) break;
  }
  const text = Buffer.concat(chunks).subarray(0, mostOfAnswer).toString('utf8');
  return text.trim() === '' ? '' : saidShortly(text, 160);
}

/** A secret as its file has it now. */
export function readSecret(file: string): string {
  return readFileSync(file, 'utf8').trim();
}

function urlOf({ url, urlFile }: PostPlace): string {
  if (urlFile === undefined) return url ?? '';
  const read = readSecret(urlFile);
  const isUrl = URL.canParse(read) && /^https?:$/.test(new URL(read).protocol);
  if (!isUrl) throw new NotTaken('its urlFile does not hold one URL (https://…)');
  return read;
}
