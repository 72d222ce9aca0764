/**
 * The three units of Replicated. Each reads its environment file when it starts and keeps what it
 * read until it is started again: editing the file changes nothing that runs.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Core } from './core';
import type { DockerDaemon } from './docker-daemon';
import { isManual, meetsConditions } from './unit-conditions';
import { parseEnvironmentFile } from './environment-file';
import { systems } from './systems';
import { environmentPath } from './environment-place';
import { seconds } from './timing';
import { includes } from './traps';

/** The units, in the order in which Docker starts them. */
export const unitNames = ['replicated', 'replicated-ui', 'replicated-operator'] as const;
export type UnitName = (typeof unitNames)[number];

/** Why a unit did not start; undefined when it did. */
export type StartRefusal = 'masked' | 'condition' | 'no environment file' | 'failed' | undefined;

/** The units of one machine. */
export class Units {
  constructor(
    private readonly core: Core,
    private readonly docker: DockerDaemon,
  ) {}

  isActive(name: UnitName): boolean {
    return this.stateOf(name) === 'active';
  }

  stateOf(name: UnitName): 'active' | 'inactive' | 'failed' {
    return this.core.state.volatile.units[name]?.state ?? 'inactive';
  }

  /** What the unit's container was started with. */
  environmentOf(name: UnitName): Readonly<Record<string, string>> {
    return this.core.state.volatile.units[name]?.environment ?? {};
  }

  isMasked(name: UnitName): boolean {
    try {
      return readlinkSync(join(this.core.root, maskPath(name))) === '/dev/null';
    } catch {
      return false;
    }
  }

  /** What init does at boot: a job of Upstart that was made manual waits for a person. */
  startAtBoot(name: UnitName): void {
    const { root, state } = this.core;
    const { init, system } = state.durable;
    const obeysOverrides = init === 'upstart' && systems[system].isOldUpstart !== true;
    if (obeysOverrides && isManual(root, name)) {
      this.core.note('unit', `${name} is not started at boot: manual`);
      return;
    }
    this.start(name);
  }

  start(name: UnitName): StartRefusal {
    if (this.isActive(name)) {
      return undefined;
    }
    const environment = this.readEnvironment(name);
    const refusal = this.refusalOf(name, environment);
    if (refusal === 'condition') {
      // systemd leaves such a unit inactive and calls that no failure.
      this.put(name, 'inactive', {});
      this.core.note('unit', `${name} is skipped: a condition of it is not met`);
      return refusal;
    }
    this.put(name, refusal === undefined ? 'active' : 'failed', environment);
    const outcome = refusal === undefined ? 'started' : `did not start: ${refusal}`;
    const address = environment?.['PRIVATE_ADDRESS'] ?? 'none';
    this.core.note('unit', `${name} ${outcome}`, { unit: name, privateAddress: address });
    if (refusal === undefined && name === 'replicated-operator') {
      this.dial();
    }
    if (refusal === undefined && name === 'replicated') {
      this.core.agenda.plan('daemon-started', 0);
    }
    return refusal;
  }

  /** Stops the unit; false when it did not run. */
  stop(name: UnitName): boolean {
    const wasActive = this.isActive(name);
    this.put(name, 'inactive', {});
    if (wasActive) {
      this.core.note('unit', `${name} stopped`, { unit: name });
    }
    return wasActive;
  }

  /** Whether the daemon's socket answers: not in the first seconds of its unit. */
  daemonAnswers(): boolean {
    return this.daemonAge() >= seconds.daemonToAnswer;
  }

  daemonIsReady(): boolean {
    return this.daemonAge() >= seconds.daemonToReady;
  }

  /** The private address that the running daemon believes in. */
  localAddress(): string | undefined {
    return this.environmentOf('replicated')['PRIVATE_ADDRESS'];
  }

  /** The address that the running operator dials. */
  operatorDials(): string | undefined {
    return hostOf(this.environmentOf('replicated-operator')['DAEMON_ENDPOINT']);
  }

  private daemonAge(): number {
    const unit = this.core.state.volatile.units['replicated'];
    const { clock } = this.core.surroundings;
    return unit?.state === 'active' ? (clock.now() - unit.since) / 1000 : -1;
  }

  private refusalOf(name: UnitName, environment: unknown): StartRefusal {
    if (this.isMasked(name)) {
      return 'masked';
    }
    if (this.core.state.durable.init === 'systemd' && !meetsConditions(this.core.root, name)) {
      return 'condition';
    }
    if (environment === undefined) {
      return 'no environment file';
    }
    if (this.docker.refusal !== undefined) {
      this.core.note('unit', `${name}: ${this.docker.refusal}`);
      return 'failed';
    }
    return includes(this.core.state.volatile.traps.unitFails, name) ? 'failed' : undefined;
  }

  private readEnvironment(name: UnitName): Record<string, string> | undefined {
    const { root, state } = this.core;
    const path = environmentPath(root, state.durable.init, name);
    if (path === undefined) {
      return undefined;
    }
    return parseEnvironmentFile(readFileSync(path, 'utf8'));
  }

  private put(
    name: UnitName,
    state: 'active' | 'inactive' | 'failed',
    environment: Record<string, string> | undefined,
  ): void {
    const { state: all, surroundings } = this.core;
    all.volatile.units[name] = {
      state,
      since: surroundings.clock.now(),
      environment: environment ?? {},
    };
    all.save();
  }

  /** The operator dials the daemon whose address it carries, be it this machine's or another's. */
  private dial(): void {
    const endpoint = this.environmentOf('replicated-operator')['DAEMON_ENDPOINT'] ?? '';
    const address = hostOf(endpoint) ?? '';
    const { instanceId, isIsolated } = this.core;
    const isOwn = isItself(this.core, address);
    const reached = isOwn ? instanceId : reachedFrom(this.core, address);
    const isBlocked = isIsolated && !isOwn;
    const whom = reached === instanceId ? 'this machine' : (reached ?? 'nobody');
    const outcome = isBlocked ? 'blocked by its security groups' : `reaches ${whom}`;
    this.core.note('dial', `replicated-operator dials ${endpoint}: ${outcome}`, {
      address,
      reached,
      blocked: isBlocked,
    });
  }
}

/** Whether the address never leaves the machine: its own, the loopback, Docker's bridge. */
export function isItself({ privateAddress }: Core, address: string): boolean {
  return address === privateAddress || address.startsWith('127.') || address === '172.17.0.1';
}

/** The machine at the address, unless security groups keep this one from reaching it. */
export function reachedFrom(core: Core, address: string): string | undefined {
  return core.isIsolated ? undefined : core.surroundings.machineAt(address);
}

/** Where `systemctl mask` leaves its link. */
export function maskPath(name: UnitName): string {
  return `etc/systemd/system/${name}.service`;
}

function hostOf(endpoint: string | undefined): string | undefined {
  return endpoint === undefined
    ? undefined
    : (/^\[([^\]]+)\]/.exec(endpoint)?.[1] ?? endpoint.replace(/:\d+$/, ''));
}
