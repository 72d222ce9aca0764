/**
 * The fence: what a machine checks before a command, so that an attempt that comes late changes
 * nothing there. A worker may be frozen for an hour and go on where it was; only the machine itself
 * can know that somebody else has been there since.
 *
 * Each attempt presents a token that Temporal's server assigned. The machine keeps the highest one
 * that it has seen, by instance, because an image carries the files of its source, and refuses an
 * older one before the first effect. A command that changes something also holds a lock for as
 * long as it runs, so that two never work side by side; the token is looked at again under it.
 */
import { stateFolder, type Command } from './commands';

/**
 * Runs that exclude each other by their claims share a lane, and of these the newest is right. Builds
 * are deleted beside backups, so that neither is late because of the other.
 */
export const lanes = ['machine', 'builds'] as const;
export type Lane = (typeof lanes)[number];

/** Who speaks. Within a lane ordered by `epoch`, then by `time`. */
export interface Token {
  /** When the run took its claim, or began: milliseconds of the server's clock. */
  readonly epoch: number;
  /** When the server scheduled this attempt of the step: milliseconds of its clock. */
  readonly time: number;
  /** Run id; a run that has ended has none of its tokens taken any more. */
  readonly run: string;
}

/** A token, and the machine that it is presented to. */
export interface Fence {
  readonly instanceId: string;
  readonly lane: Lane;
  readonly token: Token;
  /** What the run is at: told to whoever has to wait for it. */
  readonly step: string;
}

/** Seconds that a command waits for another one that changes the machine. */
export const waitSeconds = 60;

/** What a command does at the fence: `look` only presents its token, `end` also ends the run's. */
export type Manner = 'look' | 'change' | 'end';

/** What the fence said instead of running the command. */
export type FenceWord =
  | { readonly kind: 'superseded'; readonly seen: Token }
  | { readonly kind: 'busy'; readonly by: string }
  | { readonly kind: 'unkept' };

// `$fence` is the folder. Never `exit` on the way: the caller prints how it ended.
const present = [
  // Prints nothing and is 0 when the token is taken, 76 when it is refused, 74 when it cannot be kept.
  'present() {',
  '  mkdir -p "$fence" 2>/dev/null; { exec 8>>"$fence/$lane.lock"; } 2>/dev/null || return 74',
  '  flock -w 20 8 || return 74',
  '  local epoch=0 time=0 run=- state=open',
  '  if [ -s "$fence/$lane.fence" ]; then read -r epoch time run state <"$fence/$lane.fence"; fi',
  // What is no pair of numbers that bash can compare is no token.
  '  case "$epoch" in ""|*[^0-9]*|??????????????????*) epoch=0 time=0 run=- state=open;; esac',
  '  case "$time" in ""|*[^0-9]*|??????????????????*) epoch=0 time=0 run=- state=open;; esac',
  '  seen="$epoch $time $run"',
  '  local code=0',
  // A run may say its own end by a clock that is behind.
  '  if [ "$run $4" = "$3 ended" ]; then time=$2; fi',
  '  if [ "$epoch" -gt "$1" ] || { [ "$epoch" -eq "$1" ] && [ "$time" -gt "$2" ]; } ||',
  '    { [ "$run" = "$3" ] && [ "$state" = ended ]; }; then code=76',
  '  elif [ "$epoch $time $run $state" != "$1 $2 $3 $4" ]; then',
  '    { echo "$1 $2 $3 $4" >"$fence/$lane.new" && mv -f "$fence/$lane.new" "$fence/$lane.fence"; } \\',
  '      2>/dev/null || code=74',
  '  fi',
  '  flock -u 8; exec 8>&-',
  '  return "$code"',
  '}',
] as const;

const end = 'ended() { printf "\\n%s-end %s\\n" "$nonce" "$*"; exit "$1"; }';

/** A look goes on where the token cannot be kept: a full disk must not hide the machine. */
const looking = ['present "$@"', 'case $? in 76) ended 76 superseded "$seen";; esac'] as const;

const passing = [
  'pass() { present "$@"; case $? in 76) ended 76 superseded "$seen";; 74) ended 74 unkept;; esac; }',
] as const;

const alone = [
  '{ exec 9>>"$fence/change.lock"; } 2>/dev/null || ended 74 unkept',
  `flock -w ${String(waitSeconds)} 9 || ended 75 busy "$(head -c 100 "$fence/change.by" 2>/dev/null)"`,
  'pass "$@"',
  'echo "$5" >"$fence/change.by"',
] as const;

/** By manner. Somebody newer may come while a change waits, so that it passes once more. */
const gates: Readonly<Record<Manner, readonly string[]>> = {
  look: looking,
  change: [...passing, 'pass "$@"', ...alone],
  end: [...passing, ...alone],
};

/**
 * The bash that stands before a command: it takes `folder lane epoch time run state step` off the
 * arguments. `$nonce` is set; descriptor 9 is the lock, which the command must not inherit.
 */
export function fenceScript(manner: Manner): string {
  return [
    'fence=$1 lane=$2 seen=; shift 2',
    ...present,
    end,
    'gate() {',
    ...gates[manner].map((line) => `  ${line}`),
    '}',
    'gate "$1" "$2" "$3" "$4" "$5"; shift 5',
  ].join('\n');
}

/** The arguments that `fenceScript` takes. */
export function fenceWords({ instanceId, lane, token, step }: Fence, manner: Manner): string[] {
  const { epoch, time, run } = token;
  const state = manner === 'end' ? 'ended' : 'open';
  return [stateFolder(instanceId), lane, String(epoch), String(time), run, state, step];
}

/** Reads what stands behind the status in the end line; undefined where the command itself ended. */
export function fenceWord(said: string): FenceWord | undefined {
  const [word = '', ...rest] = said.split(' ');
  if (word === 'superseded') {
    const [epoch = '', time = '', run = ''] = rest;
    return { kind: 'superseded', seen: { epoch: Number(epoch), time: Number(time), run } };
  }
  if (word === 'busy') return { kind: 'busy', by: rest.join(' ') };
  return word === 'unkept' ? { kind: 'unkept' } : undefined;
}

/** What a run says last on a machine: the fence itself does all there is to do. */
export const leave: Command = {
  name: 'the end of the run',
  script: 'true',
  args: [],
  timeoutSeconds: 30,
};
