/**
 * Under which ClientToken a run sends its next launch. EC2 keeps a token for the request that it came
 * with, in some cases also for one that it refused, and by zone; so each combination of settings has
 * a token of its own. Two living machines can then come only of a request whose outcome nobody knows,
 * beside another one: what is not known is settled before another token is used. Pure.
 */

/** What is known of the launches that a run has sent. */
export interface LaunchTokens {
  /** The number that the token is made of. */
  readonly generation: number;
  /** The settings that were last sent under it. */
  readonly sent?: string;
  /** Whether a request was sent of which nobody knows whether EC2 took it. */
  readonly unsettled: boolean;
  /** Whether that must be settled first: a machine of it is looked for until EC2 would show it. */
  readonly looks: boolean;
}

/** What became of a launch that has not led to a running machine. */
export interface LaunchEnd {
  /** Whether each request of it got an answer, so that it has made nothing. */
  readonly answered: boolean;
  /** Whether its machine is gone for good, or its token known to be used up. */
  readonly gone: boolean;
  /** Whether its machine is known, and lives. */
  readonly lives: boolean;
}

/** Before the first launch. A reset takes the memory of the launches before it away. */
export function firstTokens(isReset: boolean): LaunchTokens {
  return { generation: 0, unsettled: isReset, looks: false };
}

/** The token for these settings. The same request goes under the same token, as often as it must. */
export function tokenFor(tokens: LaunchTokens, settings: string): LaunchTokens {
  const { generation, sent, unsettled } = tokens;
  const isSame = sent === settings;
  return {
    generation: sent === undefined || isSame ? generation : generation + 1,
    sent: settings,
    unsettled,
    looks: unsettled && !isSame,
  };
}

/** What is known after a launch has failed. */
export function tokensAfter(
  tokens: LaunchTokens,
  { answered, gone, lives }: LaunchEnd,
): LaunchTokens {
  const { generation, unsettled, looks } = tokens;
  const next = { generation: generation + 1, unsettled: false, looks: false };
  if (gone) return next;
  if (lives) return tokens;
  if (!answered) return { ...tokens, unsettled: true, looks: false };
  // An answer to a repeated request says nothing of the one whose answer was lost.
  return unsettled && !looks ? tokens : next;
}
