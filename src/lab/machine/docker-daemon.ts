/**
 * Docker's daemon: it reads its configuration when it starts and keeps it until it is started
 * again. With a log driver that dials, a container does not start while nobody answers there.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Core } from './core';

const configurations = ['etc/docker/daemon.json', 'etc/default/docker', 'etc/sysconfig/docker'];

/** Drivers that connect before a container starts; those over UDP send and hear nothing. */
const dialling =
  /(?:fluentd|syslog|gelf|splunk)-?(?:address|url)["']?\s*[:=]\s*["']?(?:tcp:\/\/|tcp\+tls:\/\/|https?:\/\/)?([\w.-]+):(\d+)/;

/** The daemon of one machine. */
export class DockerDaemon {
  constructor(private readonly core: Core) {}

  /** What `dockerd` does when it starts. */
  start(): void {
    const { root, state } = this.core;
    const texts = configurations
      .map((path) => join(root, path))
      .filter((path) => existsSync(path))
      .map((path) => readFileSync(path, 'utf8').replace(/^\s*#.*$/gm, ''));
    const [, host, port] = dialling.exec(texts.join('\n')) ?? [];
    state.volatile.logsTo = host === undefined ? '' : `${host}:${String(port)}`;
    state.save();
  }

  /** Why no container starts now, in Docker's words; undefined where they do. */
  get refusal(): string | undefined {
    const { logsTo } = this.core.state.volatile;
    if (logsTo === '' || this.answers(logsTo.replace(/:\d+$/, ''))) return undefined;
    return (
      'Error response from daemon: failed to initialize logging driver: ' +
      `dial tcp ${logsTo}: connect: no route to host`
    );
  }

  private answers(host: string): boolean {
    const { privateAddress, isIsolated, surroundings } = this.core;
    const isOwn = host === privateAddress || host === 'localhost' || host.startsWith('127.');
    return isOwn || (!isIsolated && surroundings.machineAt(host) !== undefined);
  }
}
