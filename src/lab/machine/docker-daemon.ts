/**
 * Docker's daemon: it reads its configuration when it starts and keeps it until it is started
 * again. With a log driver that dials, a container does not start while nobody answers there; with
 * an address to listen on that the machine does not have, the daemon itself does not start.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Core } from './core';

const configurations = ['etc/docker/daemon.json', 'etc/default/docker', 'etc/sysconfig/docker'];
const dropIns = 'etc/systemd/system/docker.service.d';

/** Drivers that connect before a container starts; those over UDP send and hear nothing. */
const dialling =
  /(?:fluentd|syslog|gelf|splunk)-?(?:address|url)["']?\s*[:=]\s*["']?(?:tcp:\/\/|tcp\+tls:\/\/|https?:\/\/)?([\w.-]+):(\d+)/;

/** Where it listens, as `hosts` of daemon.json or as its options say. */
const hosts = /"hosts"\s*:\s*\[([^\]]*)\]|(?:-H|--host)[ =]?["']?(tcp:\/\/[^\s"']+)/g;

/** What docker's client says without its daemon. */
export const noDaemon =
  'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n';

/** The daemon of one machine. */
export class DockerDaemon {
  constructor(private readonly core: Core) {}

  /** What `dockerd` does when it starts. */
  start(): void {
    const { state } = this.core;
    const text = this.configuration();
    const [, host, port] = dialling.exec(text) ?? [];
    state.volatile.logsTo = host === undefined ? '' : `${host}:${String(port)}`;
    state.volatile.dockerDown = this.whyNot(text);
    state.save();
    if (this.isDown) this.core.note('unit', `docker did not start: ${state.volatile.dockerDown}`);
  }

  /** Whether it did not start. */
  get isDown(): boolean {
    return this.core.state.volatile.dockerDown !== '';
  }

  /** Why no container starts now, in Docker's words; undefined where they do. */
  get refusal(): string | undefined {
    if (this.isDown) return noDaemon.trim();
    const { logsTo } = this.core.state.volatile;
    if (logsTo === '' || this.answers(logsTo.replace(/:\d+$/, ''))) return undefined;
    return (
      'Error response from daemon: failed to initialize logging driver: ' +
      `dial tcp ${logsTo}: connect: no route to host`
    );
  }

  private configuration(): string {
    const { root } = this.core;
    const more = existsSync(join(root, dropIns)) ? readdirSync(join(root, dropIns)) : [];
    return [...configurations, ...more.map((name) => join(dropIns, name))]
      .map((path) => join(root, path))
      .filter((path) => existsSync(path))
      .map((path) => readFileSync(path, 'utf8').replace(/^\s*#.*$/gm, ''))
      .join('\n');
  }

  /** A socket binds to an address that the machine has, and to no other. */
  private whyNot(text: string): string {
    const listed = [...text.matchAll(hosts)].map(([, all, one]) => all ?? one ?? '').join(' ');
    const foreign = [...listed.matchAll(/tcp:\/\/([\d.]+):(\d+)/g)].find(
      ([, host = '']) => host !== '0.0.0.0' && host !== '172.17.0.1' && !this.isOwn(host),
    );
    if (foreign === undefined) return '';
    const [, host = '', port = ''] = foreign;
    return `failed to load listeners: listen tcp ${host}:${port}: bind: cannot assign requested address`;
  }

  private isOwn(host: string): boolean {
    return host === this.core.privateAddress || host === 'localhost' || host.startsWith('127.');
  }

  private answers(host: string): boolean {
    const { isIsolated, surroundings } = this.core;
    return this.isOwn(host) || (!isIsolated && surroundings.machineAt(host) !== undefined);
  }
}
