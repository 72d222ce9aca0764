/** The state of the app as `replicatedctl app status --output json` tells it. */
import { z } from 'zod';
import { jsonWithin } from '../text/json';

/** The app's state; or that there is no app, that nobody answered, or that the answer is not clear. */
export type AppStatus =
  | {
      readonly kind: 'app';
      /** By it Replicated labels the app's containers. */
      readonly id?: string;
      readonly state: string;
      readonly desiredState: string;
      readonly isTransitioning: boolean;
      /** Empty when all is well. */
      readonly error: string;
      /** The release that is installed. */
      readonly sequence?: number;
    }
  | { readonly kind: 'none' }
  /** The command failed: the daemon starts, or is down. It may answer later. */
  | { readonly kind: 'silent'; readonly said: string }
  /** An answer in a shape that is not known here: waiting does not mend it. */
  | { readonly kind: 'unreadable'; readonly said: string };

// `Error` is absent in some daemons, `PatchSequence` and others come and go.
const answer = z
  .array(
    z.object({
      AppID: z.string().optional(),
      State: z.string(),
      DesiredState: z.string(),
      IsTransitioning: z.boolean(),
      Error: z.string().nullish(),
      Sequence: z.number().nullish(),
    }),
  )
  .max(1);

/**
 * Reads the JSON array of `app status`; a Replicated machine has one app, and of several nobody
 * here can say which one is meant. Never throws.
 */
export function parseAppStatus(text: string): AppStatus {
  const parsed = answer.safeParse(jsonWithin(text));
  if (!parsed.success) {
    return { kind: 'unreadable', said: text.trim().slice(0, 200) };
  }
  const [app] = parsed.data;
  return app === undefined
    ? { kind: 'none' }
    : {
        kind: 'app',
        id: app.AppID,
        state: app.State,
        desiredState: app.DesiredState,
        isTransitioning: app.IsTransitioning,
        error: app.Error ?? '',
        sequence: app.Sequence ?? undefined,
      };
}

/** Whether the app is stopped, is to stay so, and nothing is under way. */
export function isStopped(status: AppStatus): boolean {
  return isSettledAs('stopped', status);
}

/** Whether the app is up. `started` alone says nothing: it stands there while the app still starts. */
export function isReady(status: AppStatus): boolean {
  return isSettledAs('started', status) && status.kind === 'app' && status.error === '';
}

/** Whether the app is on its way from one state to another. */
export function isTransitioning(status: AppStatus): boolean {
  return status.kind === 'app' && status.isTransitioning;
}

/** Whether the app starts, or is about to. */
export function isComingUp(status: AppStatus): boolean {
  return isTransitioning(status) && status.kind === 'app' && status.desiredState === 'started';
}

/** Whether a start failed for want of an image; the vendor's advice is to start once more. */
export function lacksImage(status: AppStatus): boolean {
  return status.kind === 'app' && /no such image/i.test(status.error);
}

/** Says the state in one short line. */
export function describeApp(status: AppStatus): string {
  if (status.kind === 'none') {
    return 'no app is installed';
  }
  if (status.kind === 'unreadable') {
    return `unreadable answer: ${status.said || '(empty)'}`;
  }
  if (status.kind === 'silent') {
    return `no answer: ${status.said || '(nothing)'}`;
  }
  const wanted = status.state === status.desiredState ? '' : `, to be ${status.desiredState}`;
  const moving = status.isTransitioning ? ', in transition' : '';
  const error = status.error === '' ? '' : `: ${status.error.slice(0, 200)}`;
  return `${status.state}${wanted}${moving}${error}`;
}

function isSettledAs(state: string, status: AppStatus): boolean {
  return (
    status.kind === 'app' &&
    status.state === state &&
    status.desiredState === state &&
    !status.isTransitioning
  );
}
