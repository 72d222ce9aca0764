/** The fence of a machine, on machines of both shells: what comes late changes nothing there. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../../../src/machine/shell/commands';
import { leave, type Fence, type Manner, type Token } from '../../../src/machine/shell/fence';
import type { SmallLab } from '../machine/small-lab';
import { describeReal } from './real-machine';
import { RealReach } from './real-reach';
import { openStage, run, type Answer } from './session';

interface Place {
  readonly lab: SmallLab;
  readonly root: string;
  /** Runs on a connection of its own, so that two may run side by side. */
  run(command: Command, fence: Fence, manner: Manner): Promise<Answer>;
  close(): Promise<void> | void;
}

const openPortable = async (): Promise<Place> => {
  const stage = await openStage();
  const { lab, machine, client } = stage;
  return {
    lab,
    root: machine.root,
    run: (command, fence, manner) => run(client, command, { fence, manner }),
    close: () => stage.end(),
  };
};
const openReal = async (): Promise<Place> => {
  const reach = await RealReach.open();
  const { lab, machine } = reach;
  return {
    lab,
    root: machine.root,
    run: async (command, fence, manner) => run(await reach.another(), command, { fence, manner }),
    close: () => reach.close(),
  };
};

const shells: readonly [string, jest.Describe, () => Promise<Place>][] = [
  ['portable', describe, openPortable],
  ['real', describeReal(), openReal],
];

const instanceId = 'i-0abc';
const folder = `/var/lib/circleci-server-runbook/${instanceId}`;
const fenced = (token: Partial<Token> = {}, more: Partial<Fence> = {}): Fence => ({
  instanceId,
  lane: 'machine',
  token: { epoch: 1000, time: 2000, run: 'one', ...token },
  step: 'stopApp of restore-prod',
  ...more,
});
const script = (text: string, more: Partial<Command> = {}): Command => ({
  script: text,
  args: [],
  timeoutSeconds: 30,
  ...more,
});
const append = (word: string): Command => script('echo "$1" >>/tmp/effects', { args: [word] });

describe.each(shells)('on a machine of the %s shell', (_name, describeShell, open) => {
  describeShell('the fence', () => {
    let place: Place;
    const change = (word: string, token?: Partial<Token>, more?: Partial<Fence>): Promise<Answer> =>
      place.run(append(word), fenced(token, more), 'change');
    const effects = (): string => {
      const file = join(place.root, 'tmp/effects');
      return existsSync(file) ? readFileSync(file, 'utf8') : '';
    };
    const isSuperseded = (answer: Answer): boolean => answer.refusal?.kind === 'superseded';

    /** The machine sleeps by the lab's clock, which stands still. */
    const passTimeUntil = async <T>(done: Promise<T>): Promise<T> => {
      const timer = setInterval(() => {
        place.lab.clock.skip(1);
      }, 20);
      return done.finally(() => {
        clearInterval(timer);
      });
    };

    beforeAll(async () => {
      place = await open();
    });
    afterAll(() => place.close());
    beforeEach(() => {
      rmSync(join(place.root, folder), { recursive: true, force: true });
      rmSync(join(place.root, 'tmp/effects'), { force: true });
    });

    it('lets the commands of one attempt in, with their input, output and status', async () => {
      expect(await change('first')).toMatchObject({ code: 0 });
      expect(await change('second')).toMatchObject({ code: 0 });
      expect(effects()).toBe('first\nsecond\n');
      const cat = script('cat; echo "$1" >&2; exit 76', { args: ["it's"], stdin: 'a\nb' });
      const answer = await place.run(cat, fenced(), 'change');
      expect(answer).toEqual({ code: 76, stdout: 'a\nb', stderr: "it's\n" });
    });

    it.each<[string, Partial<Token>, Partial<Token>]>([
      ['an earlier attempt of the run', { time: 3000 }, { time: 2999 }],
      ['an earlier run, however late its attempt', { epoch: 1001, run: 'two' }, { time: 999_999 }],
      ['a run whose reset has begun', { time: 3000, run: 'reset' }, { time: 2500 }],
    ])('refuses %s, and says who was there', async (_what, newer, older) => {
      await change('newer', newer);
      const late = await change('late', older);
      expect(late.refusal).toEqual({ kind: 'superseded', seen: fenced(newer).token });
      expect(effects()).toBe('newer\n');
    });

    it('counts a look as having been there, and refuses a late look, too', async () => {
      const look = script('cat /etc/hostname', { readsOnly: true });
      expect(await place.run(look, fenced({ time: 5000 }), 'look')).toMatchObject({ code: 0 });
      expect(isSuperseded(await change('late'))).toBe(true);
      expect(isSuperseded(await place.run(look, fenced(), 'look'))).toBe(true);
      expect(effects()).toBe('');
    });

    it('lets nothing of a run in once it has ended, and the next run all the same', async () => {
      await change('before');
      expect(await place.run(leave, fenced({ time: 3000 }), 'end')).toMatchObject({ code: 0 });
      expect(isSuperseded(await change('after', { time: 4000 }))).toBe(true);
      expect(await change('next', { epoch: 1001, run: 'two' })).toMatchObject({ code: 0 });
      expect(effects()).toBe('before\nnext\n');
    });

    it('takes the end of a run by a clock that is behind', async () => {
      await change('before', { time: 5000 });
      const end = fenced({ time: 4000 });
      expect((await place.run(leave, end, 'end')).refusal).toEqual(undefined);
      expect(isSuperseded(await change('after', { time: 6000 }))).toBe(true);
      expect(effects()).toBe('before\n');
    });

    it('knows machine and lane apart', async () => {
      await change('newer', { epoch: 9000 });
      await change('of another instance', {}, { instanceId: 'i-0def' });
      await change('of builds', {}, { lane: 'builds' });
      expect(effects()).toBe('newer\nof another instance\nof builds\n');
    });

    it('lets two changes run one after the other, also of two lanes', async () => {
      const slowly = (word: string): Command =>
        script('echo "$1 begins" >>/tmp/effects; sleep 5; echo "$1 ends" >>/tmp/effects', {
          args: [word],
        });
      const both = [
        place.run(slowly('one'), fenced(), 'change'),
        place.run(slowly('two'), fenced({}, { lane: 'builds' }), 'change'),
      ];
      await passTimeUntil(Promise.all(both));
      const [first, second, third, fourth] = effects().trim().split('\n');
      expect([first, third].map((line) => line?.split(' ')[1])).toEqual(['begins', 'begins']);
      expect([second, fourth].map((line) => line?.split(' ')[1])).toEqual(['ends', 'ends']);
      expect(first?.split(' ')[0]).toBe(second?.split(' ')[0]);
    });

    it('refuses one that waited while a newer attempt came', async () => {
      const gate = join(place.root, 'tmp/go');
      rmSync(gate, { force: true });
      const held = script('touch /tmp/held; until [ -e /tmp/go ]; do sleep 1; done');
      const first = place.run(held, fenced({ time: 2000 }), 'change');
      while (!existsSync(join(place.root, 'tmp/held'))) await pause();
      const waiting = change('waited', { time: 2100 });
      while (!read(place, 'machine.fence').includes(' 2100 ')) await pause();
      await place.run(script('true', { readsOnly: true }), fenced({ time: 2200 }), 'look');
      writeFileSync(gate, '');
      expect(isSuperseded(await passTimeUntil(waiting))).toBe(true);
      expect(await first).toMatchObject({ code: 0 });
      expect(effects()).toBe('');
    });

    it('does not change what it cannot guard, but lets people look', async () => {
      // A file where the folder should be: nothing can be written there.
      rmSync(join(place.root, folder), { recursive: true, force: true });
      mkdirSync(join(place.root, folder, '..'), { recursive: true });
      writeFileSync(join(place.root, folder), '');
      expect((await change('unguarded')).refusal).toEqual({ kind: 'unkept' });
      const look = script('echo seen', { readsOnly: true });
      expect(await place.run(look, fenced(), 'look')).toMatchObject({ code: 0, stdout: 'seen\n' });
      expect(effects()).toBe('');
    });

    it.each(['', 'nonsense', '12 x y z', '9999999999999999999999 1 a open', '-1 5 b open'])(
      'is not held up by a mark that says %j',
      async (mark) => {
        mkdirSync(join(place.root, folder), { recursive: true });
        writeFileSync(join(place.root, folder, 'machine.fence'), mark);
        expect(await change('fresh')).toMatchObject({ code: 0 });
        expect(effects()).toBe('fresh\n');
      },
    );
  });
});

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

function read(place: Place, name: string): string {
  const file = join(place.root, folder, name);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
