import {
  deleteBuildForms,
  parseBuildUrl,
  parseDeleteOutcomes,
} from '../../../src/machine/app/dev-console';

const hostname = 'circleci.example.com';
const first = `https://${hostname}/gh/acme/web/1234`;
const second = `https://${hostname}/gh/acme/web/7`;

describe("a build's URL", () => {
  test.each([
    [first, 'acme', 'web', 1234],
    [`http://${hostname}/bitbucket/acme/web.site/1`, 'acme', 'web.site', 1],
    [`https://${hostname}/github/acme-2/.github/20`, 'acme-2', '.github', 20],
    [`https://${hostname}/bb/a_b/c/3`, 'a_b', 'c', 3],
  ])('%s', (url, org, repo, number) => {
    expect(parseBuildUrl(url, hostname)).toEqual({ ok: true, org, repo, number });
  });

  test.each([
    ['another host', 'https://circleci.example.org/gh/acme/web/1'],
    ['a host that begins alike', `https://${hostname}.evil.com/gh/acme/web/1`],
    ['a host that a pattern would match', 'https://circleciXexample.com/gh/acme/web/1'],
    ['other capitals', 'https://CircleCI.example.com/gh/acme/web/1'],
    ['a port', `https://${hostname}:8800/gh/acme/web/1`],
    ['a user', `https://ana@${hostname}/gh/acme/web/1`],
    ['another scheme', `ftp://${hostname}/gh/acme/web/1`],
    ['another forge', `https://${hostname}/gitlab/acme/web/1`],
    ['no number', `https://${hostname}/gh/acme/web`],
    ['a word for a number', `https://${hostname}/gh/acme/web/latest`],
    ['a final slash', `${first}/`],
    ['a query', `${first}?x=1`],
    ['a fragment', `${first}#x`],
    ['a quote', `https://${hostname}/gh/acme/we"b/1`],
    ['a backslash', `https://${hostname}/gh/acme/we\\b/1`],
    ['a form', `${first}") (System/exit 1) ("`],
    ['a newline at the end', `${first}\n`],
    ['a leading blank', ` ${first}`],
    ['a folder above', `https://${hostname}/gh/../web/1`],
    ['a letter of another alphabet', `https://${hostname}/gh/аcme/web/1`],
    ['digits of another alphabet', `https://${hostname}/gh/acme/web/١`],
    ['nothing', ''],
  ])('is not one with %s: %j', (_, url) => {
    expect(parseBuildUrl(url, hostname)).toMatchObject({ ok: false });
  });

  test('is refused with a reason', () => {
    expect(parseBuildUrl('https://other.example.com/gh/acme/web/1', hostname)).toEqual({
      ok: false,
      why: 'is a build of other.example.com, not of circleci.example.com',
    });
    expect(parseBuildUrl('acme/web/1', hostname)).toEqual({
      ok: false,
      why: "is not a build's URL: https://circleci.example.com/gh/ORG/REPO/NUMBER",
    });
  });
});

describe('the forms', () => {
  test('delete one build each, and leave', () => {
    expect(deleteBuildForms([first, second], 'k3f9')).toMatchInlineSnapshot(`
      "(try (println (str "\\n" "k3f9" "-0-deleted ") (pr-str (admin/delete-build "https://circleci.example.com/gh/acme/web/1234"))) (catch Throwable t (println (str "\\n" "k3f9" "-0-failed ") (pr-str (.getName (class t)) (.getMessage t)))))
      (try (println (str "\\n" "k3f9" "-1-deleted ") (pr-str (admin/delete-build "https://circleci.example.com/gh/acme/web/7"))) (catch Throwable t (println (str "\\n" "k3f9" "-1-failed ") (pr-str (.getName (class t)) (.getMessage t)))))
      (exit)
      "
    `);
  });

  test.each(['https://h/gh/a/b/1") (exit) ("', 'nothing', ''])('refuse the URL %j', (url) => {
    expect(() => deleteBuildForms([url], 'k3f9')).toThrow(RangeError);
  });

  test('refuse a nonce that could end a string', () => {
    expect(() => deleteBuildForms([first], '"')).toThrow(RangeError);
  });
});

describe('the outcomes', () => {
  const printed = `REPL-y 0.3.7, nREPL 0.2.12
Clojure 1.8.0
user=>
k3f9-0-deleted  nil
nil
user=>
k3f9-1-failed  "java.lang.NullPointerException" "no such build"
nil
user=> Bye for now!
`;

  test('are what each form printed', () => {
    expect(parseDeleteOutcomes(printed, [first, second], 'k3f9')).toEqual([
      { url: first, outcome: 'deleted', said: 'nil' },
      {
        url: second,
        outcome: 'failed',
        said: '"java.lang.NullPointerException" "no such build"',
      },
    ]);
  });

  test.each([
    ['a REPL that echoes its input', deleteBuildForms([first], 'k3f9')],
    ['a REPL that never came up', 'Bye for now!\n'],
    ['the markers of another run', 'zzzz-0-deleted  nil\n'],
    ['the marker of another build', 'k3f9-10-deleted  nil\n'],
    ['nothing', ''],
  ])('are failures without an answer: %s', (_, output) => {
    expect(parseDeleteOutcomes(output, [first], 'k3f9')).toEqual([
      { url: first, outcome: 'failed', said: 'no answer' },
    ]);
  });

  test('are read behind a prompt, with carriage returns, and cut to a line', () => {
    const output = `user=> k3f9-0-deleted  ${'x'.repeat(500)}\r\n`;
    const [outcome] = parseDeleteOutcomes(output, [first], 'k3f9');
    expect(outcome).toEqual({ url: first, outcome: 'deleted', said: 'x'.repeat(200) });
  });
});
