/**
 * Which commands a release of Replicated has. The help pages of 2.26 renamed `app status inspect`
 * and brought `system`; the installer asks an older daemon for its tasks instead.
 */
import { isBefore } from '../../machine/platform/supported';
import type { CommandOutput } from '../shapes';
import { failed, printed, type ParsedArguments } from './model';

/** Whether the release has a `replicatedctl` at all; from which one on it had is not published. */
export function hasReplicatedctl(version: string): boolean {
  return !isBefore(version, '2.14');
}

/** What an older release answers to a command that it does not have; undefined where it has it. */
export function refusedByAge(
  version: string,
  { words, options }: ParsedArguments,
): CommandOutput | undefined {
  if (!isBefore(version, '2.26')) return undefined;
  const [group = '', verb = '', last] = words;
  if (group === 'system' || group === 'version') return unknownCommand(group);
  if (group === 'app' && verb === 'apply-config') return unknownCommand('app apply-config');
  if (group !== 'app' || verb !== 'status' || last === 'inspect') return undefined;
  // A group of commands: it has help of its own, and no options.
  const [option] = options.keys();
  return option === undefined
    ? printed(
        'Manage the state of the app\n\nUsage:\n  replicatedctl app status [command]\n\n' +
          'Available Commands:\n  inspect     Show the state in detail\n',
      )
    : failed(`Error: unknown flag: ${option}\n`);
}

function unknownCommand(command: string): CommandOutput {
  return failed(`Error: unknown command "${command}" for "replicatedctl"\n`);
}
