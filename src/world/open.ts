/** Opens the outside world that a configuration describes. */
import { join } from 'node:path';
import { ConfigError, type Config, type Installation } from '../config';
import { inRegion, regionsOf } from '../machine/launch/places';
import { refuse } from '../contract/failures';
import { runningBuildsOf } from './circleci-api';
import { openEc2 } from './ec2';
import type { Ec2 } from './ec2';
import type { World } from '.';
import { fingerprint } from './ssh/fingerprint';
import { openReceivers } from './notify/open';
import { findReport, saveReport } from './files/reports';
import { readSheet, saveSheet } from './files/sheets';
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

function named({ installations }: Config, name: string, region?: string): Installation {
  const known = new Map(Object.entries(installations));
  const installation = known.get(name);
  if (installation !== undefined) return placed(name, installation, region);
  throw refuse(
    'UnknownInstallation',
    `The worker's configuration has no installation "${name}". It has: ` +
      `${[...known.keys()].join(', ')}. Start the run again with one of these, ` +
      'or add it to runbook.yaml and restart the worker.',
  );
}

/** A file that has mistakes changes nothing: the worker goes on with what it has read before. */
function anew(read: () => Config): Config {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw refuse(
      'ConfigurationBroken',
      `${error.message}\nNothing of it is used. Correct the file on the worker's host, then retry.`,
    );
  }
}

/**
 * Connects nothing yet: clients are made when a runbook first needs them. `read` gives the
 * configuration as its file has it by now.
 */
export function openWorld(config: Config, read: () => Config = () => config): World {
  const regions = new Map<string, Ec2>();
  const world: World = {
    installation: (name, region) => named(config, name, region),
    installationAnew: (name, region) => named(anew(read), name, region),
    ec2(region) {
      const known = regions.get(region) ?? openEc2({ region });
      regions.set(region, known);
      return known;
    },
    ssh: openSsh(),
    fingerprint,
    runningBuilds: runningBuildsOf,
    receivers: openReceivers(config.notify),
    telling: { reminders: config.notify.reminders, keepTrying: config.notify.keepTrying },
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
