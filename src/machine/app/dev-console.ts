/**
 * Build records are deleted in `circleci dev-console`, a Clojure REPL that exits 0 whatever
 * happens. So each form prints a line of its own, and only that line tells its outcome.
 */

/** A build's URL, taken apart; or why it is not one of this installation. */
export type BuildUrl =
  | { readonly ok: true; readonly org: string; readonly repo: string; readonly number: number }
  | { readonly ok: false; readonly why: string };

// The URL stands inside a Clojure string: nothing that could end or escape it is allowed.
const buildUrl =
  /^https?:\/\/([A-Za-z0-9.-]+)\/(?:gh|github|bb|bitbucket)\/((?!\.+\/)[\w.-]+)\/((?!\.+\/)[\w.-]+)\/(\d{1,9})$/;

/** Reads the URL of a build, strictly: nothing but a build of this hostname passes. */
export function parseBuildUrl(url: string, hostname: string): BuildUrl {
  const [, host, org, repo, number] = buildUrl.exec(url) ?? [];
  if (host === undefined || org === undefined || repo === undefined) {
    return { ok: false, why: `is not a build's URL: https://${hostname}/gh/ORG/REPO/NUMBER` };
  }
  if (host !== hostname) {
    return { ok: false, why: `is a build of ${host}, not of ${hostname}` };
  }
  return { ok: true, org, repo, number: Number(number) };
}

/** What became of one build record. */
export interface DeleteOutcome {
  readonly url: string;
  readonly outcome: 'deleted' | 'failed';
  /** What the form returned or threw. */
  readonly said: string;
}

/**
 * The forms that delete the builds and leave the REPL. Each marker is put together by `str`, so
 * that a REPL that echoes its input cannot print one. Throws RangeError for a URL that is none.
 */
export function deleteBuildForms(urls: readonly string[], nonce: string): string {
  if (!/^\w+$/.test(nonce)) {
    throw new RangeError(`not a nonce: ${JSON.stringify(nonce)}`);
  }
  const forms = urls.map((url, index) => {
    if (!buildUrl.test(url)) {
      throw new RangeError(`not a build's URL: ${JSON.stringify(url)}`);
    }
    const say = (outcome: string, value: string): string =>
      `(println (str "\\n" "${nonce}" "-${String(index)}-${outcome} ") ${value})`;
    const deleted = say('deleted', `(pr-str (admin/delete-build "${url}"))`);
    const failed = say('failed', '(pr-str (.getName (class t)) (.getMessage t))');
    return `(try ${deleted} (catch Throwable t ${failed}))\n`;
  });
  return `${forms.join('')}(exit)\n`;
}

/** Reads the markers in what the REPL printed; a build without one counts as failed. */
export function parseDeleteOutcomes(
  output: string,
  urls: readonly string[],
  nonce: string,
): DeleteOutcome[] {
  return urls.map((url, index) => {
    const marker = new RegExp(`${nonce}-${String(index)}-(deleted|failed) +([^\\r\\n]*)`);
    const [, outcome, said] = marker.exec(output) ?? [];
    return outcome === undefined || said === undefined
      ? { url, outcome: 'failed', said: 'no answer' }
      : { url, outcome: outcome === 'deleted' ? 'deleted' : 'failed', said: said.slice(0, 200) };
  });
}
