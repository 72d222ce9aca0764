/**
 * The app's state machine, with its traps: commands answer at once and the work goes on, and
 * `started` is shown while the app is still starting.
 *
 * The texts of errors are this lab's own: the real daemon's are not published, but for
 * "no such image", which the vendor's pages quote, and for the refusal while an app starts, whose
 * shape (412, "app version N is starting") is from a support bundle of Replicated 2.34.1.
 */
import { appContainers, containersDuring } from './containers';
import type { Core } from './core';
import type { DockerDaemon } from './docker-daemon';
import { layDatabases } from './databases';
import type { Nomad } from './nomad';
import type { Transition } from './state';
import { seconds } from './timing';
import { isItself, reachedFrom, type Units } from './units';

// A start that fails shows no container however long it takes; JSON has no infinity.
const never = 1e9;
const noSuchImage = 'Failure reported from operator: no such image';

/** What `app status` shows. */
export interface AppView {
  readonly state: string;
  readonly desiredState: string;
  readonly transitioning: boolean;
  readonly error: string;
}

/** The app of one machine. */
export class App {
  private readonly units: Units;
  private readonly nomad: Nomad;
  private readonly docker: DockerDaemon;

  constructor(
    private readonly core: Core,
    parts: { readonly units: Units; readonly nomad: Nomad; readonly docker: DockerDaemon },
  ) {
    this.units = parts.units;
    this.nomad = parts.nomad;
    this.docker = parts.docker;
    core.agenda.on('app-stopped', () => {
      this.settle('stopped');
    });
    core.agenda.on('app-started', () => {
      this.settle('started');
    });
    core.agenda.on('app-failed', (why) => {
      this.settle('failed', why);
    });
    core.agenda.on('app-by-itself', () => {
      this.startByItself();
    });
    core.agenda.on('daemon-started', () => {
      this.awaitOwnStart();
    });
  }

  view(): AppView {
    const { running, transition, error } = this.core.state.volatile.app;
    const { desired } = this.core.state.durable.app;
    // `starting` is what the daemon shows before it has come to the app; `started` while it works.
    const shown = { start: 'started', stop: 'started', waiting: 'starting' } as const;
    return {
      state: transition === undefined ? running : shown[transition.kind],
      desiredState: desired,
      transitioning: transition !== undefined,
      error,
    };
  }

  /** The app's containers that run now. */
  containers(): readonly string[] {
    const { elsewhere = [] } = this.core.state.durable;
    return this.allContainers().filter((name) => !elsewhere.includes(name));
  }

  private allContainers(): readonly string[] {
    const { running, transition } = this.core.state.volatile.app;
    if (transition !== undefined) {
      const { clock } = this.core.surroundings;
      return containersDuring(transition, clock.now(), this.core.instanceId);
    }
    return running === 'started' ? appContainers : [];
  }

  get isUp(): boolean {
    const { running, transition } = this.core.state.volatile.app;
    return running === 'started' && transition === undefined;
  }

  /** Why the daemon takes no change of the app's state now; undefined when it takes one. */
  refusal(): string | undefined {
    const { app, traps } = this.core.state.volatile;
    const kind = app.transition?.kind;
    const isBusy = kind === 'start' || (kind === 'waiting' && traps.busyFromBoot === true);
    const left = traps.refuseChanges ?? 0;
    if (!isBusy && left === 0) {
      return undefined;
    }
    if (left > 0) {
      traps.refuseChanges = left - 1;
      this.core.state.save();
    }
    const { sequence } = this.core.state.durable.app;
    return `412 Precondition Failed: app version ${String(sequence)} is starting`;
  }

  stop(force: boolean): void {
    const { app, traps } = this.core.state.volatile;
    const isDown = app.running !== 'started' && app.transition === undefined;
    this.want('stopped');
    if (isDown) {
      this.settle('stopped');
      return;
    }
    if (app.transition?.kind === 'stop' && !force) {
      return;
    }
    const hangs = traps.stopHangs === true && !force;
    const span =
      force || app.transition?.kind === 'waiting' ? seconds.forceStopApp : seconds.stopApp;
    this.begin('stop', span, hangs);
    if (!hangs) {
      this.core.agenda.plan('app-stopped', span);
    }
    this.core.note('app', `the app is told to stop${force ? ' by force' : ''}`);
  }

  start(): void {
    const { app } = this.core.state.volatile;
    const isStarting = app.transition?.kind === 'start';
    if (isStarting || (app.running === 'started' && app.transition === undefined)) {
      return;
    }
    this.want('started');
    this.core.note('app', 'the app is told to start');
    this.work(this.whyStartFails());
  }

  /** Docker was restarted: what ran of the app has ended. */
  loseContainers(): void {
    const { app } = this.core.state.volatile;
    if (app.running === 'started' || app.transition !== undefined) {
      this.settle('failed', 'its containers have ended with Docker');
    }
  }

  /** A daemon that starts with an app that should run, and does not, comes to it after a while. */
  private awaitOwnStart(): void {
    const { durable, volatile } = this.core.state;
    const { running, transition } = volatile.app;
    const isIdle = running !== 'started' && (transition?.kind ?? 'waiting') === 'waiting';
    if (isIdle && durable.app.desired === 'started' && this.units.isActive('replicated')) {
      this.begin('waiting', seconds.daemonToApp, false);
      this.core.agenda.plan('app-by-itself', seconds.daemonToApp);
    }
  }

  private startByItself(): void {
    if (this.core.state.volatile.app.transition?.kind !== 'waiting') {
      return;
    }
    if (!this.units.isActive('replicated')) {
      this.core.state.volatile.app = { running: 'stopped', error: '' };
      this.core.state.save();
      return;
    }
    const dialled = this.units.operatorDials() ?? '';
    const other = reachedFrom(this.core, dialled);
    const beside =
      other === undefined || other === this.core.instanceId
        ? ''
        : `: a second production beside ${other}`;
    this.core.note('app', `the app starts by itself${beside}`, { beside: other });
    // Its containers are there from before and carry the address that the daemon still believes in.
    const asImaged = this.units.localAddress() === this.core.state.durable.imagesAddress;
    this.work(asImaged ? this.docker.refusal : this.whyStartFails());
  }

  private work(failure: string | undefined): void {
    const { traps } = this.core.state.volatile;
    if (failure !== undefined) {
      this.begin('start', never, false);
      this.core.agenda.plan('app-failed', seconds.failStart, failure);
      return;
    }
    this.nomad.begin();
    this.core.state.volatile.serves = this.core.state.durable.config['hostname']?.value;
    this.begin('start', seconds.startApp, traps.startHangs === true);
    if (traps.startHangs !== true) {
      this.core.agenda.plan('app-started', seconds.startApp);
    }
  }

  private whyStartFails(): string | undefined {
    const { privateAddress, state } = this.core;
    const { durable, volatile } = state;
    const trap = volatile.traps.startFailsOnce ?? volatile.traps.startFails;
    if (trap !== undefined && trap !== false) {
      delete volatile.traps.startFailsOnce;
      return trap === true ? 'Failure reported from operator: simulated failure' : trap;
    }
    if (this.docker.refusal !== undefined) {
      return `Failure reported from operator: ${this.docker.refusal}`;
    }
    const dialled = this.units.operatorDials() ?? 'nowhere';
    if (!this.units.isActive('replicated-operator') || !isItself(this.core, dialled)) {
      return `No operator is connected: it dials ${dialled}, this machine is ${privateAddress}`;
    }
    const local = this.units.localAddress() ?? 'unset';
    if (local !== privateAddress) {
      return `The daemon listens at ${local}, this machine is ${privateAddress}`;
    }
    if (durable.imagesAddress !== privateAddress) {
      // The daemon names the images anew while this start fails; the next one finds them.
      durable.imagesAddress = privateAddress;
      state.saveDurable();
      return noSuchImage;
    }
    return undefined;
  }

  private begin(kind: Transition['kind'], span: number, hangs: boolean): void {
    this.callOff();
    const { state, surroundings } = this.core;
    const transition = { kind, began: surroundings.clock.now(), seconds: span, hangs };
    state.volatile.app = { ...state.volatile.app, error: '', transition };
    state.save();
  }

  private settle(running: 'started' | 'stopped' | 'failed', error = ''): void {
    this.callOff();
    if (running === 'started') layDatabases(this.core);
    this.core.state.volatile.app = { running, error };
    this.core.state.save();
    this.core.note('app', error === '' ? `the app is ${running}` : `the app has failed: ${error}`);
  }

  private callOff(): void {
    for (const task of ['app-stopped', 'app-started', 'app-failed', 'app-by-itself']) {
      this.core.agenda.cancel(task);
    }
  }

  private want(desired: 'started' | 'stopped'): void {
    const { state, surroundings } = this.core;
    state.durable.app.desired = desired;
    state.durable.app.lastModifiedAt = new Date(surroundings.clock.now()).toISOString();
    state.saveDurable();
  }
}
