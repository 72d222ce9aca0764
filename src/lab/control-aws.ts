/** The control API's part about AWS itself: what it forbids, whom it does not know, what it sells. */
import { z } from 'zod';
import type { Faults } from './faults';
import { market } from './region/model';
import type { Regions } from './regions';
import type { LabJournal } from './shapes';

const denial = z.strictObject({ actions: z.array(z.string()) });
const logins = z.strictObject({
  /** Access key → how it is refused. */
  refused: z.record(z.string(), z.enum(['RequestExpired', 'ExpiredToken', 'AuthFailure'])),
});
const wares = z.strictObject({
  ...market.partial().shape,
  keyPairs: z.array(z.string()).optional(),
});

interface Asked {
  readonly id: string;
  readonly body: unknown;
}

/** The policy of the caller: the actions that it does not allow. */
export function denyActions({ faults }: { readonly faults: Faults }, { body }: Asked): void {
  faults.deny(denial.parse(body).actions);
}

/** Sessions end, and keys are taken out of use. */
export function refuseLogins({ faults }: { readonly faults: Faults }, { body }: Asked): void {
  faults.refuseLogins(logins.parse(body).refused);
}

interface Marketplace {
  readonly regions: Regions;
  readonly journal: LabJournal;
  readonly save: () => void;
}

/** Types are retired or sold out, subnets are full, key pairs are deleted: from now on. */
export function changeMarket({ regions, journal, save }: Marketplace, { id, body }: Asked): object {
  const region = regions.named(id);
  if (region === undefined) throw new Error(`The lab has no region ${id}.`);
  const { keyPairs, ...changed } = wares.parse(body);
  region.state.market = market.parse({ ...region.state.market, ...changed });
  region.state.keyPairs = keyPairs ?? region.state.keyPairs;
  journal.write({ kind: 'control', text: `what ${id} offers: ${JSON.stringify(body)}` });
  save();
  return region.state.market;
}
