/** The doctor's look at CircleCI's own API, where a token for it is configured. */
import type { Installation } from '../../config';
import type { RunningBuilds } from '../../machine/app/running-builds';
import { check, type Finding } from './check';

/** Nothing without a token: builds are then named by a person. */
export async function examineCircleci(
  name: string,
  installation: Installation,
  list: (installation: Installation) => Promise<RunningBuilds>,
): Promise<readonly Finding[]> {
  if (installation.circleciApi === undefined) return [];
  const todo = 'correct circleciApi in runbook.yaml; backups are made without the list';
  const finding = await check(`${name}: CircleCI API`, todo, async () => {
    const { builds, isCut } = await list(installation);
    return `the token is taken, ${isCut ? 'at least ' : ''}${String(builds.length)} builds run`;
  });
  return [finding.level === 'FAIL' ? { ...finding, level: 'warn' } : finding];
}
