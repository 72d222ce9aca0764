/**
 * Ten thousand nights of backups and prunes: the real activities and the real policy on an account
 * in which calls are lost, throttled and refused, workers die, regions are off, and people hold,
 * prove and restore what they like. Judged is the account, after every night.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadConfig, type Installation } from '../../src/config';
import { Account, installation } from './account';
import { faultsOf, leftoversOf } from './judge';
import { liveThrough, pruneUndisturbed, tally } from './night';
import { People } from './people';
import { randomOf } from './random';

const nightsEach = 200;
/** `NIGHTS_SEED=17` repeats the run of one seed. */
const only = process.env['NIGHTS_SEED'];
const seeds = only === undefined ? Array.from({ length: 50 }, (_, n) => n + 1) : [Number(only)];

/** Rules by the seed, at least one. */
function rulesOf(seed: number): object {
  const random = randomOf(seed * 7919);
  const rules = {
    last: random.between(1, 6),
    daily: random.between(1, 8),
    weekly: random.between(1, 5),
    monthly: random.between(1, 4),
    within: `${String(random.between(1, 12))} days`,
  };
  const chosen = Object.entries(rules).filter(() => random.chance(0.4));
  return chosen.length === 0 ? { last: rules.last } : Object.fromEntries(chosen);
}

describe('after every night', () => {
  let encrypted = 0;
  const dir = mkdtempSync(join(tmpdir(), 'runbook-nights-'));
  afterAll(() => {
    rmSync(dir, { recursive: true, force: true });
  });

  function configuredFor(seed: number): Installation {
    const file = join(dir, 'runbook.yaml');
    const prod = {
      region: 'us-east-1',
      servicesMachine: { tags: { Name: 'prod_services' } },
      hostname: 'circleci.example.com',
      ssh: { user: 'ubuntu', agent: true },
      keep: rulesOf(seed),
      copies: [{ region: 'us-west-2' }],
      limits: { poll: '30 seconds' },
    };
    writeFileSync(file, stringify({ installations: { [installation]: prod } }));
    const configured = loadConfig(file).installations[installation];
    if (configured === undefined) throw new Error('the configuration was not taken');
    return configured;
  }

  test.each(seeds)(
    'nothing is lost that was promised, nothing stays without an owner (seed %p)',
    async (seed) => {
      const account = new Account(seed, configuredFor(seed));
      const people = new People(account);
      jest.spyOn(performance, 'now').mockImplementation(() => account.clock.now);
      try {
        for (let night = 1; night <= nightsEach; night += 1) {
          await liveThrough(account, people);
          const what = { seed, night, keep: rulesOf(seed) };
          expect({ ...what, faults: faultsOf(account, people) }).toEqual({ ...what, faults: [] });
        }
        await pruneUndisturbed(account, people);
        const faults = [...faultsOf(account, people), ...leftoversOf(account)];
        expect({ seed, faults }).toEqual({ seed, faults: [] });
        encrypted += people.encrypted;
      } finally {
        jest.restoreAllMocks();
      }
    },
  );

  test('the nights were as bad as they should be', () => {
    process.stdout.write(`${JSON.stringify(tally)}\n`);
    expect(tally.nights).toBe(seeds.length * nightsEach);
    const most = Math.min(tally.backups, tally.removed, tally.retried);
    expect(most).toBeGreaterThan(tally.nights / 4);
    expect(Math.min(tally.killed, tally.givenUp)).toBeGreaterThan(tally.nights / 20);
    expect(tally.heldMeanwhile).toBeGreaterThan(tally.nights / 200);
    expect(encrypted).toBeGreaterThan(tally.nights / 200);
  });
});
