import { openOutput } from '../../src/cli/output';
import { userName } from '../../src/cli/user-name';

/** What the terminal gets. */
function printed(colors: boolean, say: (out: ReturnType<typeof openOutput>) => void): string {
  let all = '';
  const write = (text: string): void => void (all += text);
  say(openOutput({ out: write, err: write, interactive: colors, colors }, false));
  return all;
}

const hostile = 'ana\u001b[2J\u001b]52;c;eA==\u0007\r\u009b31m\u202e';

describe('what is printed', () => {
  it.each([true, false])(
    'shows control characters, and does not obey them (colors %s)',
    (colors) => {
      const all = printed(colors, (out) => {
        out.line(hostile);
        out.result(out.paint.good(`${hostile}\nnext`), {});
      });
      const own = /\u001b\[(?:32|0)m/g;
      expect(all.replace(own, '')).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
      expect(all.match(own) ?? []).toHaveLength(colors ? 2 : 0);
      expect(all).toContain('ana\\u{1b}[2J\\u{1b}]52;c;eA==\\u{7}\\u{d}\\u{9b}31m\\u{202e}\n');
    },
  );

  it('has no color that somebody outside has chosen', () => {
    const all = printed(true, (out) => {
      out.line('\u001b[32m✓ Approve the launch\u001b[0m');
      out.line('\u0001aaaaaaaa[32m✓');
    });
    expect(all).toBe('\\u{1b}[32m✓ Approve the launch\\u{1b}[0m\n\\u{1}aaaaaaaa[32m✓\n');
  });
});

test('JSON shows control characters escaped, and is the same value', () => {
  const value = { by: `${hostile}\u{e0041} ä ✓` };
  let all = '';
  const write = (text: string): void => void (all += text);
  openOutput({ out: write, err: write, interactive: true, colors: true }, true).result('', value);
  expect(all.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(all).toContain('ä ✓');
  expect(JSON.parse(all)).toEqual(value);
});

test('a user without a name has a number', () => {
  jest.isolateModules(() => {
    jest.doMock('node:os', () => ({
      userInfo: () => {
        throw new Error('ENOENT: no such file or directory, uv_os_get_passwd');
      },
    }));
    const user = process.env['USER'];
    delete process.env['USER'];
    const fresh = jest.requireActual<{ userName: typeof userName }>('../../src/cli/user-name');
    expect(fresh.userName()).toMatch(/^uid \d+$/);
    if (user !== undefined) process.env['USER'] = user;
  });
  expect(userName()).not.toBe('');
});
