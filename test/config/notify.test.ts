/** `notify` of runbook.yaml: who is told, and that no secret has to stand in it. */
import { notify, withAbsoluteFiles } from '../../src/config/notify';

const url = 'https://hooks.example.com/x';

function problemsOf(given: unknown): readonly string[] {
  const parsed = notify.safeParse(given);
  return (parsed.error?.issues ?? []).map(
    ({ path, message }) => `${path.map(String).join('.')}: ${message}`,
  );
}

test('nothing is needed, and what is left out has its values', () => {
  expect(notify.parse({})).toEqual({
    order: 'inOrder',
    receivers: [],
    reminders: { after: 3600, beforeEnd: 3600, appStopped: 900 },
    keepTrying: 604_800,
  });
});

test('the older form is one receiver of JSON; both forms together are a mistake', () => {
  expect(notify.parse({ url }).receivers).toEqual([{ kind: 'json', url, name: 'json' }]);
  expect(problemsOf({ url, receivers: [{ kind: 'slack', url }] })).toEqual([
    'url: is the older form of one receiver: write it among "receivers", as { kind: json, url: … }',
  ]);
});

test('each receiver has a name of its own', () => {
  const receivers = [
    { kind: 'json', url },
    { kind: 'json', urlFile: 'x' },
    { kind: 'slack', url, name: 'team' },
  ];
  expect(notify.parse({ receivers }).receivers.map(({ name }) => name)).toEqual([
    'json',
    'json 2',
    'team',
  ]);
});

test('files are looked for beside runbook.yaml', () => {
  const receivers = [
    { kind: 'json', urlFile: './url', secretFile: './secret' },
    {
      ...{ kind: 'email', host: 'mail.example.com', user: 'u', passwordFile: './password' },
      ...{ from: 'a@example.com', to: ['b@example.com'] },
    },
  ];
  const config = withAbsoluteFiles(notify.parse({ receivers }), (path) => `/etc/x/${path}`);
  expect(config.receivers).toMatchObject([
    { urlFile: '/etc/x/./url', secretFile: '/etc/x/./secret' },
    { passwordFile: '/etc/x/./password' },
  ]);
});

test.each([
  [{ receivers: [{ kind: 'json' }] }, 'receivers.0.url: give either "url" or "urlFile"'],
  [{ receivers: [{ kind: 'slack', url, urlFile: 'x' }] }, 'give either "url" or "urlFile"'],
  [{ receivers: [{ kind: 'json', url: 'ftp://x/' }] }, 'is a URL: https://HOST/'],
  [{ receivers: [] }, 'receivers'],
  [{ receivers: [{ kind: 'pigeon' }] }, 'receivers.0.kind'],
  [{ reminders: { after: 'soon' } }, 'reminders.after: "soon" is no duration'],
  [{ receivers: [{ kind: 'json', url, name: 'a\nb' }] }, 'is one line without control characters'],
])('%j is refused', (given, problem) => {
  expect(problemsOf(given).join('\n')).toContain(problem);
});
