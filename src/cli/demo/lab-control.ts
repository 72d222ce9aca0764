/** The lab's control API: what the world does to an operator, on demand. */
import { z } from 'zod';

const machine = z.object({
  instanceId: z.string(),
  privateAddress: z.string(),
  publicAddress: z.string().optional(),
  poweredOn: z.boolean(),
  hostname: z.string().optional(),
  builds: z.array(z.object({ url: z.string(), status: z.string() })),
});

/** One machine, as the lab sees it. */
export type LabMachine = z.infer<typeof machine>;

/** What the demo does to the lab. */
export interface LabControl {
  machines(): Promise<readonly LabMachine[]>;
  /** The machine is terminated, and not by us. */
  lose(instanceId: string): Promise<void>;
  /** Sets or clears what goes wrong on a machine. */
  set(instanceId: string, traps: Readonly<Record<string, unknown>>): Promise<void>;
  /** Changes a record of the lab's DNS. */
  pointName(name: string, address: string): Promise<void>;
}

/** Opens the control API. */
export function openLabControl(url: string): LabControl {
  return {
    machines: async () => {
      const world = z.object({ machines: z.record(z.string(), machine) });
      return Object.values(world.parse(await call(url, '/world')).machines);
    },
    lose: async (id) => {
      await call(url, `/machines/${id}/lose`, {});
    },
    set: async (id, traps) => {
      await call(url, `/machines/${id}/set`, traps);
    },
    pointName: async (name, address) => {
      await call(url, '/dns', { name, address });
    },
  };
}

async function call(url: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(new URL(path, url), {
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    headers: { 'content-type': 'application/json' },
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`the lab refused ${path}: ${text}`);
  const answer: unknown = text === '' ? undefined : JSON.parse(text);
  return answer;
}
