/**
 * cloud-init: what it does once for a new instance id, and the part of user data that it obeys at
 * every boot before the units start. Other kinds of user data are not obeyed here.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SimulatedMachine } from '../shapes';
import type { Agenda } from './agenda';
import type { Core } from './core';
import { makeHostKeys } from './host-keys';
import { seconds } from './timing';

const header = '#cloud-boothook';

/** Where cloud-init leaves a boothook before it runs it. */
const hookPath = 'var/lib/cloud/instance/boothooks/part-001';

/** As long as a hook may take before a lab that was killed meanwhile runs it anew. */
const hookSeconds = 3600;

/** What it runs on. */
interface Host extends Core, Omit<SimulatedMachine, keyof Core> {
  readonly agenda: Agenda;
  /** Counts boots. */
  readonly boots: number;
  readonly poweredOn: boolean;
}

/** cloud-init on one machine. */
export class CloudInit {
  constructor(
    private readonly machine: Host,
    private readonly userData: () => string | undefined,
  ) {
    machine.agenda.on('user-data', () => {
      void this.obey();
    });
  }

  /** A new instance id means new host keys and the name of the new address. */
  renewIdentity(hostname: string): void {
    const { root, instanceId } = this.machine;
    const path = join(root, 'var/lib/cloud/data/instance-id');
    const known = existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
    if (known === instanceId) {
      return;
    }
    makeHostKeys(root, hostname, this.machine.state.durable.provesBySha1);
    writeFileSync(join(root, 'etc/hostname'), `${hostname}\n`);
    mkdirSync(join(root, 'var/lib/cloud/data'), { recursive: true });
    writeFileSync(path, `${instanceId}\n`);
  }

  /** Plans the rest of a boot: the hook where there is one, and then the units. */
  begin(): void {
    const { agenda } = this.machine;
    if (this.hook() === undefined) {
      agenda.plan('units', seconds.bootToUnits);
    } else {
      agenda.plan('user-data', seconds.bootToUserData);
    }
  }

  private hook(): string | undefined {
    const obeys = this.machine.state.durable.cloudInit === 'obeys';
    const text = obeys ? this.userData() : undefined;
    return text?.startsWith(header) === true ? text.slice(header.length).trimStart() : undefined;
  }

  private async obey(): Promise<void> {
    const { machine } = this;
    const { agenda, boots } = machine;
    const script = this.hook() ?? '';
    agenda.plan('user-data', hookSeconds);
    const path = join(machine.root, hookPath);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, script);
    chmodSync(path, 0o700);
    const output = await machine.surroundings.runScript(machine, script);
    // The power may have gone, and come back, while it ran.
    if (!machine.poweredOn || machine.boots !== boots) {
      return;
    }
    const said = `${output.stdout}${output.stderr}`.trim();
    const text = `user data ended with status ${String(output.exitCode)}`;
    machine.note('boot', said === '' ? text : `${text}: ${said}`);
    agenda.cancel('user-data');
    // Docker waits for cloud-init, and then needs its own time.
    agenda.plan('units', seconds.bootToUnits - seconds.bootToUserData);
  }
}
