/** Faults that a test or a rehearsal sets: what goes wrong, with which EC2 action, how often. */
import { z } from 'zod';
import { policyDocument, type Policy } from './region/policy';
import type { LabClock, LabJournal } from './shapes';

const common = {
  /** An EC2 action; `*` stands for any characters. */
  action: z.string().min(1),
  /** Calls that go well before the fault begins. */
  skip: z.int().min(0).default(0),
  /** How many calls it strikes; absent: every one until it is removed. */
  times: z.int().min(1).optional(),
};

/** A rule, as `POST /faults` takes it. */
export const faultRule = z.discriminatedUnion('effect', [
  /** Refuses the call with a code. */
  z.strictObject({
    ...common,
    effect: z.literal('error'),
    code: z.string(),
    message: z.string().default('Injected by the lab.'),
    status: z.int().min(400).max(599).default(400),
  }),
  /** Answers with a body that is no EC2 reply. */
  z.strictObject({
    ...common,
    effect: z.literal('garbage'),
    status: z.int().default(500),
    body: z.string().default('<html><body>Internal Server Error</body></html>'),
  }),
  /** Answers late; real seconds. */
  z.strictObject({ ...common, effect: z.literal('delay'), seconds: z.number().min(0) }),
  /** Never answers, and does nothing. */
  z.strictObject({ ...common, effect: z.literal('hang') }),
  /** Does what was asked and then breaks the connection. */
  z.strictObject({ ...common, effect: z.literal('lose-reply') }),
  /** Breaks the connection before anything is done. */
  z.strictObject({ ...common, effect: z.literal('lose-request') }),
  /** Reads do not see what was created after the rule was set. */
  z.strictObject({ ...common, effect: z.literal('stale') }),
  /** The image that the call makes ends in the state `failed`. */
  z.strictObject({
    ...common,
    effect: z.literal('image-fails'),
    code: z.string().default('Client.InternalError'),
    message: z.string().default('Client.InternalError: Client error on AMI creation'),
  }),
  /** The instance that the call launches terminates instead of running. */
  z.strictObject({
    ...common,
    effect: z.literal('instance-dies'),
    code: z.string().default('Client.InternalError'),
    message: z.string().default('Client.InternalError: Client error on launch'),
  }),
]);

export type FaultRule = z.infer<typeof faultRule>;
/** A rule as one writes it, with its defaults left out. */
export type FaultRequest = z.input<typeof faultRule>;

/** A rule in force, and how often it has struck. */
export type ActiveFault = FaultRule & {
  readonly id: string;
  /** Simulated time. */
  readonly setAt: number;
  calls: number;
  struck: number;
};

/** The faults of a lab. They do not survive a restart of the lab. */
export interface Faults {
  add(rule: FaultRequest): ActiveFault;
  remove(id?: string): void;
  list(): readonly ActiveFault[];
  /** Counts a call against the rules for its action; returns those that strike it. */
  strike(action: string): readonly ActiveFault[];
  /** Actions that the caller's policy does not allow (`iam:PassRole` too); replaces the list. */
  deny(actions: readonly string[]): void;
  denies(action: string): boolean;
  readonly denied: readonly string[];
  /**
   * The policies of the caller with this access key, as documents of IAM; undefined takes them off.
   * A caller without policies may do everything.
   */
  grant(key: string, policies: readonly unknown[] | undefined): void;
  policiesOf(key: string): readonly Policy[] | undefined;
  /** Access keys that AWS does not take any more, and with which code; replaces the list. */
  refuseLogins(keys: Readonly<Record<string, LoginRefusal>>): void;
  loginRefusal(key: string): LoginRefusal | undefined;
}

/** How EC2 refuses credentials: a session that is over, or keys that it does not know any more. */
export type LoginRefusal = 'RequestExpired' | 'ExpiredToken' | 'AuthFailure';

/** Whether the text matches a pattern in which `*` stands for any characters, `?` for one. */
export function matches(pattern: string, text: string): boolean {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*');
  return new RegExp(`^${source.replace(/\?/g, '.')}$`, 's').test(text);
}

/** Makes a lab's faults: none at first. */
export function createFaults(clock: LabClock, journal: LabJournal): Faults {
  let rules: ActiveFault[] = [];
  let denied: readonly string[] = [];
  let made = 0;
  let logins = new Map<string, LoginRefusal>();
  return {
    add(request) {
      const rule = faultRule.parse(request);
      made += 1;
      const active = {
        ...rule,
        id: `fault-${String(made)}`,
        setAt: clock.now(),
        calls: 0,
        struck: 0,
      };
      rules.push(active);
      journal.write({ kind: 'fault', text: `${active.id} set: ${rule.action} ${rule.effect}` });
      return active;
    },
    remove(id) {
      rules = id === undefined ? [] : rules.filter((rule) => rule.id !== id);
      journal.write({ kind: 'fault', text: `${id ?? 'all faults'} removed` });
    },
    list: () => rules,
    strike(action) {
      return rules.filter((rule) => {
        if (!matches(rule.action, action)) {
          return false;
        }
        rule.calls += 1;
        const strikes =
          rule.calls > rule.skip && (rule.times === undefined || rule.struck < rule.times);
        if (strikes) {
          rule.struck += 1;
          journal.write({ kind: 'fault', text: `${rule.id} strikes ${action}: ${rule.effect}` });
        }
        return strikes;
      });
    },
    deny(actions) {
      denied = [...actions];
      journal.write({ kind: 'fault', text: `denied actions: ${actions.join(', ') || 'none'}` });
    },
    denies: (action) => denied.some((pattern) => matches(pattern, action)),
    get denied() {
      return denied;
    },
    ...createRights(journal),
    refuseLogins(keys) {
      logins = new Map(Object.entries(keys));
      const text = `access keys not taken: ${[...logins.keys()].join(', ') || 'none'}`;
      journal.write({ kind: 'fault', text });
    },
    loginRefusal: (key) => logins.get(key),
  };
}

/** Who may do what: by access key, nothing at first. */
function createRights(journal: LabJournal): Pick<Faults, 'grant' | 'policiesOf'> {
  const rights = new Map<string, readonly Policy[]>();
  return {
    grant(key, policies) {
      if (policies === undefined) {
        rights.delete(key);
      } else {
        rights.set(
          key,
          policies.map((one) => policyDocument.parse(one)),
        );
      }
      journal.write({ kind: 'fault', text: `policies of ${key}: ${policies?.length ?? 'none'}` });
    },
    policiesOf: (key) => rights.get(key),
  };
}
