/**
 * Plans what to keep and what to remove of an installation's backups and their copies, by the rules
 * in runbook.yaml. Each region is judged by itself, so that each has its newest usable one; what is
 * said of one copy (held, proven, in use) counts for all of the same backup, and all that a region
 * has of one backup stay or go together.
 *
 * Looks at: the images and snapshots that backups have made in every region, their tags, and which
 * machines are being restored from them. Changes: nothing. Safe to repeat because: it only reads.
 * Fails with: AwsDenied, AwsUnavailable: where one region does not answer, nothing is planned.
 */
import type { World } from '../../world';
import { judgeBackups, type PrunePlan } from '../parts/images/judge-backups';

export const planPrune =
  (world: World) =>
  ({ installation }: { readonly installation: string }): Promise<PrunePlan> =>
    judgeBackups(world, installation);
