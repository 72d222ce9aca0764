/** What the parts of one machine share. */
import type { LabEvent, Surroundings } from '../shapes';
import type { Agenda } from './agenda';
import type { MachineState } from './state';

/** The ground that units, app and Nomad of a machine stand on. */
export interface Core {
  readonly instanceId: string;
  readonly root: string;
  readonly privateAddress: string;
  readonly surroundings: Surroundings;
  readonly state: MachineState;
  readonly agenda: Agenda;
  /** Whether its security groups keep it from reaching other machines. */
  readonly isIsolated: boolean;
  /** Whether its type shows volumes as NVMe devices, whatever EC2 calls them. */
  readonly isNvme: boolean;
  /** The id of the volume at EC2's device. */
  volumeAt(device: string): string | undefined;
  /** Writes to the lab's journal in this machine's name. */
  note(kind: LabEvent['kind'], text: string, data?: Readonly<Record<string, unknown>>): void;
}

/** The name EC2 gives to a private address: `ip-10-0-1-5`. */
export function hostnameOf(privateAddress: string): string {
  return `ip-${privateAddress.replaceAll('.', '-')}`;
}
