/**
 * The API of the installation itself (CircleCI Server 2.x, API v1.1): one reading call. It takes
 * its token from a file at each use and sends it in a header, to this one address alone.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Installation } from '../config';
import { refuse, tryAgain } from '../contract/failures';
import { parseBuildUrl } from '../machine/app/dev-console';
import type { RunningBuild, RunningBuilds } from '../machine/app/running-builds';

/** Where the API is, and how it is read. */
export interface CircleciAddress {
  /** Scheme, host and port. */
  readonly url: string;
  /** Only builds of this hostname are taken. */
  readonly hostname: string;
  readonly tokenFile: string;
}

/** How long is waited, and how much is read. */
export interface ApiLimits {
  readonly requestSeconds: number;
  readonly totalSeconds: number;
  readonly pages: number;
}

/** The API gives at most so many builds at once. */
const pageSize = 100;
const maxBytes = 8 * 1024 * 1024;
const usual: ApiLimits = { requestSeconds: 20, totalSeconds: 90, pages: 10 };

const text = z.string().nullish();
const entry = z.object({ build_url: z.string(), status: text, lifecycle: text, start_time: text });
type Entry = z.infer<typeof entry>;

/** The same for an installation as it is configured. */
export function runningBuildsOf({ hostname, circleciApi }: Installation): Promise<RunningBuilds> {
  if (circleciApi === undefined) {
    throw refuse(
      'CircleciRefused',
      `No token for the API of ${hostname} is configured any more. Set circleciApi.tokenFile in ` +
        'runbook.yaml and restart the worker, then retry.',
    );
  }
  const { url = `https://${hostname}`, tokenFile } = circleciApi;
  return listRunningBuilds({ url, hostname, tokenFile });
}

/** Asks for the builds that claim to run. Fails with CircleciRefused or CircleciUnavailable. */
export async function listRunningBuilds(
  address: CircleciAddress,
  limits: ApiLimits = usual,
): Promise<RunningBuilds> {
  const token = await readToken(address.tokenFile);
  const total = AbortSignal.timeout(limits.totalSeconds * 1000);
  const builds = new Map<string, RunningBuild>();
  let unreadable = 0;
  for (let page = 0; page < limits.pages; page += 1) {
    const url = new URL('/api/v1.1/recent-builds', address.url);
    const range = { limit: String(pageSize), offset: String(page * pageSize) };
    url.search = new URLSearchParams({ filter: 'running', ...range }).toString();
    const signal = AbortSignal.any([total, AbortSignal.timeout(limits.requestSeconds * 1000)]);
    const entries = await getPage(url, token, signal);
    for (const one of entries) {
      const { data } = entry.safeParse(one);
      // A server that does not know the filter lists the others as well.
      if (data && !isRunning(data)) continue;
      const build = data && toBuild(data, address.hostname);
      if (build) builds.set(build.url, build);
      else unreadable += 1;
    }
    if (entries.length < pageSize)
      return { builds: [...builds.values()], unreadable, isCut: false };
  }
  return { builds: [...builds.values()], unreadable, isCut: true };
}

function isRunning({ status, lifecycle }: Entry): boolean {
  return status === 'running' || lifecycle === 'running';
}

function toBuild(from: Entry, hostname: string): RunningBuild | undefined {
  if (!parseBuildUrl(from.build_url, hostname).ok) return undefined;
  const started = Date.parse(from.start_time ?? '');
  return {
    url: from.build_url,
    ...(Number.isNaN(started) ? {} : { startedAt: new Date(started).toISOString() }),
  };
}

async function readToken(file: string): Promise<string> {
  let token: string;
  try {
    token = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    const why = codeOf(error) ?? 'unknown error';
    throw refuse(
      'CircleciRefused',
      `The file of the CircleCI API token, ${file}, cannot be read (${why}). Correct ` +
        'circleciApi.tokenFile in runbook.yaml or the rights of the file, then retry.',
    );
  }
  // A header that cannot be sent would be quoted, token and all, by the error about it.
  if (/^[\x21-\x7e]{1,500}$/.test(token)) return token;
  throw refuse(
    'CircleciRefused',
    `${file} does not hold a CircleCI API token: one word on one line. Write the token into it, then retry.`,
  );
}

async function getPage(url: URL, token: string, signal: AbortSignal): Promise<readonly unknown[]> {
  let status: number;
  let body: string | undefined;
  try {
    const response = await fetch(url, {
      // Without the first the API answers with something like JSON.
      headers: { accept: 'application/json', 'circle-token': token },
      // A redirect would carry the token to wherever it points.
      redirect: 'manual',
      signal,
    });
    status = response.status;
    body = status === 200 ? await boundedText(response) : '';
    if (status !== 200) await response.body?.cancel();
  } catch (error) {
    throw unanswered(url, error);
  }
  if (status !== 200) throw refusedWith(url, status);
  return parsePage(url, body);
}

/** Undefined when it is longer than what any list of a hundred builds can be. */
async function boundedText(response: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    // Leaving the loop ends the connection.
    if (bytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsePage(url: URL, body: string | undefined): readonly unknown[] {
  let said = body === undefined ? `more than ${String(maxBytes)} bytes` : 'no JSON';
  try {
    const page: unknown = JSON.parse(body ?? '');
    if (Array.isArray(page)) return page;
    said = 'no list of builds';
  } catch {
    // Told below; the body itself is not quoted: nobody knows what it holds.
  }
  throw refuse(
    'CircleciRefused',
    `${url.origin} answered ${said}. See whether circleciApi.url in runbook.yaml is the address of ` +
      'CircleCI itself, then retry.',
  );
}

function refusedWith(url: URL, status: number): ReturnType<typeof refuse> {
  const said = `${url.origin} answered ${url.pathname} with status ${String(status)}`;
  if (status === 429 || status >= 500) {
    return tryAgain(
      'CircleciUnavailable',
      `${said}. See in the Management Console whether the app is up, then retry.`,
    );
  }
  const todo =
    status === 401 || status === 403
      ? 'Put a valid token of a user of CircleCI into the file that circleciApi.tokenFile names'
      : 'Redirects are not followed, because they would carry the token elsewhere. Correct ' +
        'circleciApi.url in runbook.yaml and restart the worker';
  return refuse('CircleciRefused', `${said}. ${todo}, then retry.`);
}

const untrusted = /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;

function unanswered({ origin }: URL, error: unknown): ReturnType<typeof refuse> {
  const why = codeOf(error) ?? 'no reason given';
  if (untrusted.test(why)) {
    return refuse(
      'CircleciRefused',
      `The certificate of ${origin} is not trusted (${why}). For a private authority start the ` +
        'worker with NODE_EXTRA_CA_CERTS, then retry.',
    );
  }
  return tryAgain(
    'CircleciUnavailable',
    `The CircleCI API at ${origin} did not answer (${why}). See whether the app is up and the ` +
      'worker reaches it, then retry.',
  );
}

/** The system's name for the error, which `fetch` wraps; a timeout has only its class. */
function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  const inner = 'cause' in error ? codeOf(error.cause) : undefined;
  return inner ?? ('name' in error && typeof error.name === 'string' ? error.name : undefined);
}
