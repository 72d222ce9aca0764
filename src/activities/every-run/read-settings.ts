/**
 * Reads what the workflow needs of runbook.yaml, so that it is frozen in the run's history.
 *
 * Looks at: the configuration that the worker loaded. Changes: nothing.
 * Safe to repeat because: it only reads. Fails with: UnknownInstallation.
 */
import { Context } from '@temporalio/activity';
import type { Settings } from '../../contract/plan';
import type { World } from '../../world';
import type { Outcome } from '../frame/attempt';

export const readSettings =
  (world: World) =>
  ({
    installation,
    region: wanted,
    from,
  }: {
    readonly installation: string;
    /** Where the run is to work; absent: the installation's own region. */
    readonly region?: string | undefined;
    /** Where the spare is. */
    readonly from?: 'spare' | undefined;
  }): Promise<Outcome & { settings: Settings }> => {
    const configured = world.installation(
      installation,
      from === 'spare' ? world.installation(installation).spare?.region : wanted,
    );
    const { region, hostname, approvals, limits, reachedBy } = configured;
    const { externalServices, objectStorage, servicesMachine } = configured;
    const elasticIp = 'elasticIp' in reachedBy ? reachedBy.elasticIp : undefined;
    const settings: Settings = {
      taskQueue: Context.current().info.taskQueue,
      region,
      hostname,
      elasticIp,
      hasSpare: configured.spare !== undefined,
      copies: (configured.copies ?? []).map((copy) => copy.region),
      servicesMachineId: 'instance' in servicesMachine ? servicesMachine.instance : undefined,
      hasCircleciApi: configured.circleciApi !== undefined,
      externalServices,
      objectStorage: objectStorage?.kind ?? 's3',
      objects: objectStorage,
      telling: world.telling,
      approvals,
      limits,
    };
    return Promise.resolve({ note: `configuration of ${installation}`, settings });
  };
