/**
 * One attempt of an activity, as a worker makes it, that can be frozen: at the moment in which it asks
 * Temporal whether it may change something, and at the moment between that answer and the command,
 * when only the machine itself can keep it out.
 */
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createActivities, type Activities } from '../../src/activities';
import type { OfRun } from '../../src/activities/frame/late';
import { refuse } from '../../src/contract/failures';
import type { World } from '../../src/world';
import type { Connection } from '../../src/world/ssh';

/** The run that an attempt belongs to. */
export interface OwnRun extends OfRun {
  readonly workflowId: string;
  readonly runId: string;
}

/** How an attempt ended. */
export type Ending<A extends keyof Activities = keyof Activities> =
  | { readonly value: Awaited<ReturnType<Activities[A]>> }
  | { readonly failure: { readonly type: string; readonly message: string } };

/** What an attempt is given. */
export interface Order<A extends keyof Activities> {
  readonly name: A;
  readonly input: Parameters<Activities[A]>[0];
  readonly run: OwnRun;
  readonly number: number;
  /** When the server scheduled it. */
  readonly time: number;
  /** Whether it passes the place: an earlier one is frozen there already. */
  readonly passes: (place: string) => boolean;
}

/** What stands around all attempts. */
export interface Around {
  readonly world: World;
  readonly client: Client;
}

/** Of each place the first and the second time: what polls would freeze for ever. */
const mostOfOne = 2;

interface Gate {
  readonly opened: Promise<void>;
  readonly open: () => void;
}

function gate(): Gate {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

export class Attempt<A extends keyof Activities = keyof Activities> {
  /** Where it stands still; undefined where it went through. */
  place: string | undefined;
  /** Whether another attempt has begun since. */
  isLate = false;
  /** How many calls to AWS it was let to make. */
  allowed = 0;
  /** Changing commands that a machine has let in. */
  readonly letIn: string[] = [];
  readonly ended: Promise<Ending<A>>;
  /** Resolves when it is frozen, or has ended without. */
  readonly stands: Promise<unknown>;
  private readonly times = new Map<string, number>();
  private readonly ice = gate();
  private readonly frozen = gate();

  constructor(
    around: Around,
    readonly order: Order<A>,
  ) {
    this.ended = this.begin(around);
    this.stands = Promise.race([this.ended, this.frozen.opened]);
  }

  /** The worker goes on where it was. */
  async thaw(): Promise<Ending<A>> {
    this.letIn.length = 0;
    this.ice.open();
    return this.ended;
  }

  private async begin({ world, client }: Around): Promise<Ending<A>> {
    const { name, input, run, number, time } = this.order;
    const { workflowId, runId, ...ofRun } = run;
    const environment = new MockActivityEnvironment(
      {
        ...{ activityType: name, activityId: name, attempt: number },
        ...{ scheduledTimestampMs: time, currentAttemptScheduledTimestampMs: time },
        workflowExecution: { workflowId, runId },
      },
      { logger: new DefaultLogger('ERROR'), client },
    );
    const activities = createActivities(this.within(world), async (what) => {
      await this.freezeAt(`asks whether it may: ${what}`);
      if (this.isLate) throw refuse('Superseded', `${what}: another attempt has begun.`);
      if (what.endsWith('was not sent to AWS')) this.allowed += 1;
    });
    const activity = activities[name] as (
      given: typeof input,
      of: OfRun,
    ) => Promise<Awaited<ReturnType<Activities[A]>>>;
    try {
      return { value: await environment.run(activity, input, ofRun) };
    } catch (error) {
      const type = error instanceof ApplicationFailure ? (error.type ?? '') : 'no failure of ours';
      return { failure: { type, message: String(error) } };
    }
  }

  /** Below what asks Temporal: the last moment before a command leaves. */
  private within(world: World): World {
    return {
      ...world,
      ssh: {
        ...world.ssh,
        connect: async (target, signal) => this.over(await world.ssh.connect(target, signal)),
      },
    };
  }

  private over(connection: Connection): Connection {
    return {
      ...connection,
      run: async (command) => {
        if (command.readsOnly === true) return connection.run(command);
        const what = (command.name ?? command.script).slice(0, 80);
        await this.freezeAt(`sends: ${what}`);
        const result = await connection.run(command);
        this.letIn.push(what);
        return result;
      },
    };
  }

  private async freezeAt(where: string): Promise<void> {
    const time = (this.times.get(where) ?? 0) + 1;
    this.times.set(where, time);
    const place = time === 1 ? where : `${where} (${String(time)}.)`;
    if (this.place !== undefined || time > mostOfOne || this.order.passes(place)) return;
    this.place = place;
    this.frozen.open();
    await this.ice.opened;
  }
}
