/** What answers on the machine's own ports, as the operations guide lists them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from './app';
import type { Core } from './core';
import { folderOn } from './mounts';
import { includes } from './traps';
import type { Units } from './units';

interface Service {
  readonly name: string;
  readonly container: string;
  readonly path: string;
}

const services: Readonly<Record<number, Service>> = {
  80: { name: 'frontend', container: 'frontend', path: '/health-check' },
  8082: { name: 'api-service', container: 'api-service', path: '/status' },
  9999: { name: 'workflows-conductor', container: 'workflows-conductor', path: '/healthcheck' },
  8090: { name: 'federations', container: 'federations-service', path: '/status' },
  3013: { name: 'permissions', container: 'permissions-service', path: '/status' },
  3011: { name: 'contexts', container: 'contexts-service', path: '/status' },
  3014: { name: 'domain', container: 'domain-service', path: '/status' },
  4261: { name: 'cron', container: 'cron-service', path: '/status' },
};

/** The HTTP status of a port and path; undefined when nothing listens. */
export function answerOf(
  machine: Core & { readonly app: App; readonly units: Units },
  port: number,
  path: string,
): number | undefined {
  const { app, units, state } = machine;
  if (port === 8800) {
    return units.isActive('replicated-ui') ? 200 : undefined;
  }
  const running = app.containers();
  const sick = (name: string): boolean =>
    includes(state.volatile.traps.serviceUnhealthy, name) || lacksKeys(machine, name);
  if (port === 8099) {
    if (!running.includes('ready-agent')) {
      return undefined;
    }
    const isReady = app.isUp && !Object.values(services).some(({ name }) => sick(name));
    return isReady && !sick('ready-agent') ? 200 : 503;
  }
  const service = services[port];
  if (service === undefined || !running.includes(service.container)) {
    return undefined;
  }
  if (!app.isUp) {
    return 503;
  }
  return sick(service.name) ? 500 : path === service.path ? 200 : 404;
}

/** Without the encryption keys contexts cannot be read, nor the pages that show them. */
function lacksKeys(core: Core, name: string): boolean {
  const needed = name === 'contexts' || name === 'frontend';
  const folder = folderOn(core, '/data/circle/circleci-encryption-keys');
  return needed && !existsSync(join(folder, 'crypt-keyset'));
}
