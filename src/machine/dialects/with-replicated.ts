/**
 * The older command line, `replicated`: it wants the app's id, prints an app as JSON with words of
 * its own, and has no command that sets an item of the app's configuration.
 */
import { z } from 'zod';
import type { AppStatus } from '../app/app-status';
import type { Command } from '../shell/commands';
import { jsonOf } from '../text/json';
import type { Dialect } from './dialect';
import { parseAnswering } from './with-replicatedctl';

const replicated = '/usr/local/bin/replicated';

/** What the script prints where `replicated apps` lists none. */
const noApp = 'no app is installed';

/**
 * Finds the app's id, or ends the script: 77 when the console's password is wanted first, 78 when
 * there are several apps. Earlier versions of an app are rows of the same id.
 */
const findApp = [
  `rows=$(${replicated} apps) || { echo "$rows" >&2; exit 1; }`,
  'case "$rows" in *"not logged in"*|*Unauthorized*) echo "$rows" >&2; exit 77;; esac',
  'apps=$(echo "$rows" | { table=; while read -r id rest; do',
  '  if [ "$id" = ID ]; then table=yes; elif [ -n "$table" ] && [ -n "$id" ]; then echo "$id"; fi',
  'done; } | sort -u)',
  'if [ "$(echo "$apps" | wc -l)" -gt 1 ]; then echo "several apps:" $apps >&2; exit 78; fi',
].join('\n');

function onApp(words: string, timeoutSeconds = 60): Command {
  return {
    name: `\`replicated app ID${words === '' ? '' : ` ${words}`}\``,
    script: [
      findApp,
      `if [ -z "$apps" ]; then case "$rows" in *ID*) echo "${noApp}"; exit 0;; esac; fi`,
      'if [ -z "$apps" ]; then echo "no table: $rows" >&2; exit 1; fi',
      `timeout 45 ${replicated} app "$apps"${words === '' ? '' : ` ${words}`}`,
    ].join('\n'),
    args: [],
    timeoutSeconds,
  };
}

/** Replicated without a usable `replicatedctl`. */
export const old: Dialect = {
  name: 'old',
  title: '`replicated app ID` (the older command line)',
  readAppStatus: { ...onApp(''), readsOnly: true },
  parseAppStatus: parseOldStatus,
  saysOf: (state) => {
    const word = state === 'stopped' ? 'Stopped' : 'Started';
    return `RunStatus and RunStatusNext are "${word}" and IsStartInProgress is false`;
  },
  stopApp: onApp('stop'),
  forceStopApp: onApp('stop -f'),
  startApp: onApp('start'),
  readAppId: {
    readsOnly: true,
    name: "the look for the app's id",
    script: `${findApp}\necho "$apps"`,
    args: [],
    timeoutSeconds: 60,
  },
  startWords: (appId) => [replicated, 'app', appId, 'start'],
  readItem: (name) => ({
    // The export holds secrets: nothing of it leaves the machine but the one value.
    readsOnly: true,
    name: `the value of ${name} in \`replicated app ID settings\``,
    script: [
      findApp,
      'if [ -z "$apps" ]; then echo "no app" >&2; exit 1; fi',
      `settings=$(timeout 20 ${replicated} app "$apps" settings) || exit 1`,
      String.raw`echo "$settings" | tr -d '\n' |` +
        String.raw` sed -n 's/.*"'"$1"'"[[:space:]]*:[[:space:]]*{[^{}]*"value"[[:space:]]*:[[:space:]]*"\([^"]*\)".*/\1/p'`,
    ].join('\n'),
    args: [name],
    timeoutSeconds: 60,
    confidential: true,
  }),
  readSystemStatus: {
    readsOnly: true,
    script: `${replicated} status`,
    args: [],
    timeoutSeconds: 30,
  },
  parseSystemStatus: parseAnswering('started'),
  saysReady: 'it says "started"',
  readLocalAddress: {
    readsOnly: true,
    script: 'docker exec replicated printenv LOCAL_ADDRESS',
    args: [],
    timeoutSeconds: 30,
  },
  readVersion: { readsOnly: true, script: `${replicated} --version`, args: [], timeoutSeconds: 30 },
};

const answer = z.object({
  ID: z.string().optional(),
  RunStatus: z.string().min(1),
  RunStatusNext: z.string().nullish(),
  IsStartInProgress: z.boolean().nullish(),
  Error: z.string().nullish(),
  Sequence: z.number().nullish(),
});

const settled = new Set(['started', 'stopped', 'failed', 'paused']);

/**
 * Reads the JSON of `replicated app ID`. Its `RunStatus` is where the app is, `RunStatusNext` where
 * it goes; it has come there when both are the same and no start is in progress. Never throws.
 */
export function parseOldStatus(text: string): AppStatus {
  if (text.trim() === noApp) return { kind: 'none' };
  const app = answerIn(jsonOf(text));
  if (app === undefined) return { kind: 'unreadable', said: text.trim().slice(0, 200) };
  const state = app.RunStatus.toLowerCase();
  const next = app.RunStatusNext?.toLowerCase() ?? '';
  const desiredState = next === '' ? state : next;
  const hasFailed = state === 'failed' && app.IsStartInProgress !== true;
  return {
    kind: 'app',
    id: app.ID,
    state,
    desiredState,
    isTransitioning:
      app.IsStartInProgress === true ||
      !settled.has(state) ||
      (state !== desiredState && !hasFailed),
    error: app.Error ?? '',
    sequence: app.Sequence ?? undefined,
  };
}

/** The app's object stands at the top, in a list of one, or one level below. */
function answerIn(value: unknown): z.infer<typeof answer> | undefined {
  const inside =
    typeof value === 'object' && value !== null ? (Object.values(value) as unknown[]) : [];
  const found = [value, ...inside].flatMap((one) => answer.safeParse(one).data ?? []);
  return found.length === 1 ? found[0] : undefined;
}
