/** The lab of the product: a simulated AWS region with Services machines, reached over the wire. */
import { applianceCommands } from './appliance';
import { startBastion } from './bastion';
import { serveCircleci } from './circleci-api';
import { composeLab, type Lab, type LabOptions, type LabParts } from './compose';
import { machineFactory } from './machine/factory';
import { portableShell } from './shell/portable';
import { realShell } from './shell/real';

const parts: LabParts = {
  factory: machineFactory,
  shell: (name, dir) =>
    name === 'real' ? realShell({ dir, commands: applianceCommands }) : portableShell(),
  bastion: startBastion,
  circleci: serveCircleci,
};

/** Starts a lab in a folder, or goes on with the lab that is there. */
export function startLab(options: LabOptions): Promise<Lab> {
  return composeLab(options, parts);
}
