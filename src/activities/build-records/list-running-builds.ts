/**
 * Lists the builds that run while a backup begins, as evidence for a clean-up after a restore.
 *
 * Looks at: CircleCI's own API. Changes: nothing. Safe to repeat because: it only reads.
 * Fails with: CircleciRefused, CircleciUnavailable.
 */
import { evidenceOf, type BuildsAtBackup } from '../../machine/app/running-builds';
import type { World } from '../../world';
import type { Outcome } from '../frame/attempt';

/** So many are kept; the rest is a number. */
const evidenceLimit = 200;

export const listRunningBuilds =
  (world: World) =>
  async ({
    installation,
  }: {
    readonly installation: string;
  }): Promise<Outcome & { atBackup: BuildsAtBackup }> => {
    const running = await world.runningBuilds(world.installation(installation));
    const { builds, unreadable, isCut } = running;
    const others = unreadable > 0 ? `, ${String(unreadable)} entries not understood` : '';
    const note = `${isCut ? 'at least ' : ''}${String(builds.length)} builds run${others}`;
    return { note, atBackup: evidenceOf(running, evidenceLimit) };
  };
