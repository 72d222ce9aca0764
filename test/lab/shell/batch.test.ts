/** Commands that are sent as one answer as they would alone, in both shells. */
import { apart, together } from '../../../src/machine/shell/batch';
import {
  probe,
  readContainers,
  readNomadServers,
  type Command,
} from '../../../src/machine/shell/commands';
import { lookAtContainers } from '../../../src/machine/docker/docker-look';
import { shells, type Place } from './both-shells';

const mark = 'a-mark-that-nobody-prints';
const script = (text: string, ...args: string[]): Command => ({
  script: text,
  args,
  timeoutSeconds: 5,
});

describe.each(shells)('on a machine of the %s shell', (_name, describeShell, open) => {
  describeShell('commands that are sent as one', () => {
    let place: Place;
    beforeAll(async () => {
      place = await open();
    });
    afterAll(() => place.close());
    const send = async (commands: readonly Command[]) => {
      const { code = -1, stdout, stderr } = await place.run(together(commands, mark));
      return { code, answers: apart({ exitCode: code, stdout, stderr }, commands.length, mark) };
    };

    test('answer each for itself, in their order, with what each was given', async () => {
      const { code, answers } = await send([
        script('echo "$1"; echo "$2" >&2', "it's one", 'a  b'),
        script('cat; exit 3'),
        script('echo "$#"; printf "no line end"'),
        script('true'),
      ]);
      expect(answers).toEqual([
        { exitCode: 0, stdout: "it's one\n", stderr: 'a  b\n' },
        { exitCode: 3, stdout: '', stderr: '' },
        { exitCode: 0, stdout: '0\nno line end', stderr: '' },
        { exitCode: 0, stdout: '', stderr: '' },
      ]);
      expect(code).toBe(3);
    });

    test('say the same as when they are sent alone', async () => {
      const commands = [readContainers, probe('http://localhost:8099/')];
      const { answers } = await send(commands);
      for (const [at, command] of commands.entries()) {
        const { code, stdout, stderr } = await place.run(command);
        expect(answers?.[at]).toEqual({ exitCode: code, stdout, stderr });
      }
    });
  });
});

test('only commands that look make one that only looks', () => {
  const look: Command = { ...script('true'), readsOnly: true };
  expect(together([look, look], mark).readsOnly).toBe(true);
  expect(together([look, script('true')], mark)).not.toHaveProperty('readsOnly');
  const looks = [readContainers, lookAtContainers, probe('http://localhost/'), readNomadServers];
  expect(looks.map(({ readsOnly }) => readsOnly)).toEqual([true, true, true, true]);
});

test('an answer that was cut short is nobody’s', () => {
  const whole = `${mark} begins\none\n\n${mark} ends 0\n${mark} begins\ntwo\n\n${mark} ends 1\n`;
  const stderr = `${mark} begins\n${mark} begins\nwhy\n`;
  expect(apart({ exitCode: 1, stdout: whole, stderr }, 2, mark)).toEqual([
    { exitCode: 0, stdout: 'one\n', stderr: '' },
    { exitCode: 1, stdout: 'two\n', stderr: 'why\n' },
  ]);
  const cut = whole.replace('ends 1', '[… 9 bytes left out …]');
  expect(apart({ exitCode: 1, stdout: cut, stderr }, 2, mark)).toBeUndefined();
  expect(apart({ exitCode: 1, stdout: whole, stderr }, 3, mark)).toBeUndefined();
});
