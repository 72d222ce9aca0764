/** Whether a machine in quarantine is silent: its units are kept from starting, and nothing runs. */
import { lookForSounds, readSeal } from '../machine/quarantine';
import type { Remote } from './on-machine';

export interface Silence {
  readonly isStill: boolean;
  readonly seen: string;
}

/** Reads the seal, the units and the containers. */
export async function readSounds(remote: Remote): Promise<Silence> {
  const isSealed = (await remote.read(readSeal)) === 'sealed';
  const said = await remote.read(lookForSounds);
  const running = said.split('\n').filter((line) => /^(unit|container) \S/.test(line));
  const sealed = isSealed ? 'its units are kept from starting' : 'its units may start';
  const runs = running.length === 0 ? 'no unit and no container runs' : running.join(', ');
  return { isStill: isSealed && running.length === 0, seen: `${sealed}; ${runs}` };
}
