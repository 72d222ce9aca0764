/** Opens the outside world that a configuration describes. */
import { join } from 'node:path';
import type { Config, Installation } from '../config';
import { inRegion, regionsOf } from '../machine/places';
import { refuse } from '../contract/failures';
import { runningBuildsOf } from './circleci-api';
import { openEc2 } from './ec2';
import type { Ec2 } from './ec2';
import type { World } from './index';
import { fingerprint } from './fingerprint';
import { postNotification } from './notify';
import { findReport, saveReport } from './reports';
import { readSheet, saveSheet } from './sheets';
import { openSsh } from './ssh';

/** The end of a run does not wait longer for an AWS that does not answer. */
const sheetLimitMs = 30_000;

function placed(name: string, installation: Installation, region = installation.region) {
  const there = inRegion(installation, region);
  if (there !== undefined) return there;
  throw refuse(
    'UnknownInstallation',
    `runbook.yaml has no ${name} in ${region}, only in ${regionsOf(installation).join(' and ')}. ` +
      'Start again with one of these, or name the region in `copies` and restart the worker.',
  );
}

/** Connects nothing yet: clients are made when a runbook first needs them. */
export function openWorld(config: Config): World {
  const regions = new Map<string, Ec2>();
  const world: World = {
    installation(name, region) {
      const known = new Map(Object.entries(config.installations));
      const installation = known.get(name);
      if (installation !== undefined) return placed(name, installation, region);
      throw refuse(
        'UnknownInstallation',
        `The worker's configuration has no installation "${name}". It has: ` +
          `${[...known.keys()].join(', ')}. Start the run again with one of these, ` +
          'or add it to runbook.yaml and restart the worker.',
      );
    },
    ec2(region) {
      const known = regions.get(region) ?? openEc2({ region });
      regions.set(region, known);
      return known;
    },
    ssh: openSsh(),
    fingerprint,
    runningBuilds: runningBuildsOf,
    notify: (message) => postNotification(config.notify?.url, message),
    saveReport: (report) => saveReport(config.reports, report),
    async saveSheet(name) {
      const installation = world.installation(name);
      const ec2 = (region: string): Ec2 => world.ec2(region);
      const signal = AbortSignal.timeout(sheetLimitMs);
      const facts = await readSheet({ name, installation, ec2, madeAt: new Date(), signal });
      return saveSheet(join(config.reports, 'sheets'), facts);
    },
    findReport: (workflowId) => findReport(config.reports, workflowId, 'json'),
  };
  return world;
}
