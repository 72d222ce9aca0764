/** A lab in which every step of a run leaves frozen workers behind, and what they do on waking. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { Activities } from '../../src/activities';
import { loadConfig } from '../../src/config';
import type { Lab, LabOptions } from '../../src/lab/compose';
import { labEnvironment } from '../../src/lab/config-file';
import { startLab } from '../../src/lab/lab';
import { openWorld } from '../../src/world/open';
import { difference, effectsIn, worldAtRest } from './at-rest';
import { Attempt, type Around, type Ending, type Order, type OwnRun } from './attempt';

/** A worker that was frozen, and what came of it. */
export interface Thawed {
  readonly activity: keyof Activities;
  readonly place: string;
  /** The type of its failure; `done` where it found nothing more to do. */
  readonly end: string;
  readonly effects: readonly string[];
}

/** What was seen of an activity that ran to its end. */
interface Performed {
  frozen: number;
  readonly effects: string[];
}

/** More places than that are a loop that the test does not understand. */
const mostPlaces = 40;

export class ZombieStage {
  readonly performed = new Map<keyof Activities, Performed>();
  private readonly frozen: Attempt[] = [];
  private time = 1_800_000_000_000;

  private constructor(
    readonly lab: Lab,
    readonly dir: string,
    private readonly around: Around,
  ) {}

  static async open(options: Partial<LabOptions> = {}): Promise<ZombieStage> {
    const dir = mkdtempSync(join(tmpdir(), 'runbook-zombies-'));
    const lab = await startLab({ dir, speed: 600, ...options });
    jest.replaceProperty(process, 'env', { ...process.env, ...labEnvironment(dir, lab.ec2Url) });
    // A Temporal without any run: nobody holds a claim.
    const client = new Client({ connection: Connection.lazy() });
    jest.spyOn(client.workflow, 'getHandle').mockReturnValue({
      describe: () => Promise.reject(new WorkflowNotFoundError('none', 'nobody', undefined)),
    } as unknown as WorkflowHandle);
    return new ZombieStage(lab, dir, { world: openWorld(loadConfig(lab.configPath)), client });
  }

  /** A run of the installation; a later one is the newer one. */
  begin(workflowId: string, lane: OwnRun['lane'] = 'machine'): OwnRun {
    this.time += 1000;
    return {
      workflowId,
      runId: `run-${String(this.time)}-of-${workflowId}`,
      epoch: this.time,
      lane,
    };
  }

  /**
   * Does the step: one attempt after the other is frozen, each at a place where none was before,
   * until one gets through to the end. Gives what that one gave.
   */
  async step<A extends keyof Activities>(
    run: OwnRun,
    name: A,
    input: Parameters<Activities[A]>[0],
  ): Promise<Awaited<ReturnType<Activities[A]>>> {
    const since = this.lab.journal.since(0).length;
    const taken = new Set<string>();
    let allowed = 0;
    for (;;) {
      const passes = (place: string): boolean => taken.has(place);
      const attempt = await this.attempt({ name, input, run, number: taken.size + 1, passes });
      allowed += attempt.allowed;
      if (attempt.place === undefined) {
        const ending = await attempt.ended;
        if ('failure' in ending) throw new Error(`${name}: ${ending.failure.message}`);
        this.note(attempt, { frozen: taken.size, allowed, since });
        return ending.value;
      }
      attempt.isLate = true;
      taken.add(attempt.place);
      this.frozen.push(attempt);
      if (taken.size > mostPlaces) throw new Error(`${name}: ${[...taken].join('\n')}`);
    }
  }

  /**
   * The step begins, and is frozen at the first command to the machine: nobody takes it over. `ahead`:
   * by so many milliseconds the clock goes ahead that gave it its time.
   */
  async abandon<A extends keyof Activities>(
    run: OwnRun,
    { ahead = 0, ...order }: Pick<Order<A>, 'name' | 'input'> & { readonly ahead?: number },
  ): Promise<void> {
    const passes = (place: string): boolean => !place.startsWith('sends: ');
    this.time += ahead;
    const attempt = await this.attempt({ ...order, run, number: 1, passes });
    this.time -= ahead;
    expect([order.name, attempt.place]).toEqual([order.name, expect.any(String)]);
    this.frozen.push(attempt);
  }

  /** Wakes every frozen worker, one after the other: what they did, and how the world differs. */
  async thaw(): Promise<{ thawed: readonly Thawed[]; changed: readonly string[] }> {
    const before = await worldAtRest(this.lab, this.dir);
    const thawed: Thawed[] = [];
    for (const attempt of this.frozen.splice(0)) {
      const since = this.lab.journal.since(0).length;
      const ending = await attempt.thaw();
      const { order, place = '', letIn } = attempt;
      const effects = [...effectsIn(this.lab.journal.since(since)), ...letIn];
      thawed.push({ activity: order.name, place, end: endOf(ending), effects });
    }
    const after = await worldAtRest(this.lab, this.dir);
    return { thawed, changed: difference(before, after) };
  }

  async close(): Promise<void> {
    for (const attempt of this.frozen) await attempt.thaw();
    await this.lab.stop();
    await this.around.client.connection.close();
    rmSync(this.dir, { recursive: true, force: true });
    jest.restoreAllMocks();
  }

  private async attempt<A extends keyof Activities>(
    order: Omit<Order<A>, 'time'>,
  ): Promise<Attempt<A>> {
    this.time += 1000;
    const attempt = new Attempt(this.around, { ...order, time: this.time });
    await attempt.stands;
    return attempt;
  }

  private note(
    {
      order: { name },
      letIn,
    }: Pick<Attempt, 'letIn'> & { readonly order: { name: keyof Activities } },
    { frozen, allowed, since }: { frozen: number; allowed: number; since: number },
  ): void {
    const known = this.performed.get(name) ?? { frozen: 0, effects: [] };
    known.frozen += frozen;
    const calls = this.lab.journal.since(since).filter(({ kind }) => kind === 'ec2');
    const sent = effectsIn(calls);
    // One that asks nobody is frozen nowhere.
    if (sent.length > allowed) throw new Error(`${name} did not ask before: ${sent.join('; ')}`);
    known.effects.push(...sent, ...letIn);
    this.performed.set(name, known);
  }
}

function endOf(ending: Ending): string {
  return 'failure' in ending ? ending.failure.type : 'done';
}
