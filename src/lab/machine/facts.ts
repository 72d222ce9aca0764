/** Sets traps and facts of a machine from outside. */
import { z } from 'zod';
import { build, type MachineState } from './state';
import { trapValues } from './traps';

const facts = z
  .strictObject({
    hostname: z.string(),
    /** Values of the app's configuration by item. */
    config: z.record(z.string(), z.string()),
    /** `set hostname` is silently ignored. */
    hostnameWriteOnce: z.boolean(),
    builds: z.array(build),
    elsewhere: z.array(z.string()),
    nomadLayout: z.enum(['old', 'new']),
    replicatedVersion: z.string(),
    /** Names of containers that are neither the app's nor Replicated's. */
    foreignContainers: z.array(z.string()),
    /** No container bears a label. */
    withoutLabels: z.boolean(),
    /** Also of the machines that are launched from its images. */
    cloudInit: z.enum(['obeys', 'ignores', 'absent']),
    serverVersion: z.string(),
  })
  .partial();

const values = z.strictObject({ ...facts.shape, ...trapValues.shape });

/** Applies the values; null or false takes a trap off. Throws for a key that does not exist. */
export function applyFacts(
  machine: { readonly state: MachineState },
  changes: Readonly<Record<string, unknown>>,
): void {
  const taken = Object.keys(changes).filter((key) => changes[key] === null);
  const given = Object.entries(changes).filter(([, value]) => value !== null);
  const parsed = values.parse(Object.fromEntries(given));
  const { hostname, config, hostnameWriteOnce, builds, nomadLayout, ...rest } = parsed;
  const { replicatedVersion, serverVersion, cloudInit, elsewhere, ...more } = rest;
  const { foreignContainers, withoutLabels, ...traps } = more;
  const { durable, volatile } = machine.state;
  const items = { ...config, ...(hostname === undefined ? {} : { hostname }) };
  for (const [name, value] of Object.entries(items)) {
    durable.config[name] = { ...durable.config[name], value };
  }
  if (hostnameWriteOnce !== undefined) {
    durable.config['hostname'] = { ...durable.config['hostname'], writeOnce: hostnameWriteOnce };
  }
  durable.builds = builds ?? durable.builds;
  durable.elsewhere = elsewhere ?? durable.elsewhere;
  durable.nomadLayout = nomadLayout ?? durable.nomadLayout;
  durable.replicatedVersion = replicatedVersion ?? durable.replicatedVersion;
  durable.foreignContainers = foreignContainers ?? durable.foreignContainers;
  durable.withoutLabels = withoutLabels ?? durable.withoutLabels;
  durable.cloudInit = cloudInit ?? durable.cloudInit;
  durable.serverVersion = serverVersion ?? durable.serverVersion;
  volatile.traps = trapValues.parse(without({ ...volatile.traps, ...traps }, taken));
  machine.state.saveDurable();
  machine.state.save();
}

function without(traps: Record<string, unknown>, names: readonly string[]): object {
  const kept = Object.entries(traps).filter(
    ([name, value]) => !names.includes(name) && value !== false && value !== undefined,
  );
  return Object.fromEntries(kept);
}
