/**
 * The new machine as it is by now: a person who stops and starts it at a gate gives it another public
 * address, and what a step writes must be the address that the machine has then.
 */
import type { Addresses } from '../../activities/launching/read-addresses';
import type { Machine } from '../../contract/plan';
import * as acts from '../frame/acts';
import { untilSeen } from '../frame/fact-gates';
import type { Run } from '../frame/runbook';
import { perform } from '../frame/perform';

/** A machine whose addresses are read again whenever they matter. */
export class LiveMachine {
  #now: Machine;

  constructor(
    private readonly run: Run,
    /** Where the run works, in which the machine is. */
    private readonly region: string,
    machine: Machine,
  ) {
    this.#now = machine;
    // After a failure a person may have done anything to it.
    run.whenRetried(() => this.read());
  }

  /** As it was when it was read last. */
  get now(): Machine {
    return this.#now;
  }

  /** Knows the machine by this host key from now on. */
  trust(hostKey: string): void {
    this.#now = { ...this.#now, hostKeys: [hostKey] };
  }

  /** Takes over what a step says of it. */
  is(machine: Machine): void {
    this.#now = machine;
  }

  /** Reads its addresses; asks a person where it does not run. */
  async read(): Promise<Machine> {
    const { installation, instanceId } = this.#now;
    const input = { installation, region: this.region, instanceId };
    const how = this.run.how('Which addresses does it have now?');
    const { privateAddress, publicAddress } = await untilSeen(
      this.run,
      'Read the addresses of the machine',
      () => perform(acts.readAddresses, input, how),
    );
    const before = this.#now;
    const { publicAddress: _, ...rest } = before;
    this.#now = { ...rest, privateAddress, ...(publicAddress ? { publicAddress } : {}) };
    this.run.findings.notes.push(
      ...differences(before, this.#now).map((line) => `${instanceId} was started anew: ${line}`),
    );
    return this.#now;
  }
}

/** What has become of the addresses since; one line each. */
export function differences(before: Addresses, now: Addresses): string[] {
  const line = (what: string, was: string | undefined, is: string | undefined): string[] =>
    was === is ? [] : [`its ${what} address is ${is ?? 'none'} now, and was ${was ?? 'none'}.`];
  return [
    ...line('private', before.privateAddress, now.privateAddress),
    ...line('public', before.publicAddress, now.publicAddress),
  ];
}
