/** The two pages of a sheet: what they say, and that nothing in a value can break out of them. */
import { sheetHtml } from '../../../src/contract/sheet/html';
import { sheetMarkdown } from '../../../src/contract/sheet/markdown';
import { makeSheet } from '../../../src/contract/sheet/sheet';
import { actionsOf, commandsOf, facts, poison, poisoned } from './sample-facts';

const sheet = makeSheet(facts);
const pages: readonly (readonly [string, string])[] = [
  ['HTML', sheetHtml(sheet)],
  ['Markdown', sheetMarkdown(sheet)],
];

/** What a browser would show of the page. */
function shown(html: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&lt;': '<',
    '&gt;': '>',
    '&quot;': '"',
    '&#39;': "'",
    '&#13;': '\r',
    '&amp;': '&',
  };
  return html.replace(/<[^>]*>/g, '').replace(/&[^;]+;/g, (one) => entities[one] ?? '?');
}

test.each(pages)('as %s it holds everything that a person needs', (_, page) => {
  for (const value of [
    ...['circleci.example.com', 'us-east-1', 'subnet-0a1b2c3d', 'i-0123456789abcdef0', 'sg-0a'],
    ...['m5.2xlarge', '8 vCPU, 32 GiB memory, x86', '/dev/sda1, 100 GiB gp2'],
    ...['ami-0067a86dcf25ea495', '2026-11-24 02:00 UTC', '10.0.1.5', '203.0.113.10'],
    ...['circleci-services', 'SHA256:recorded', 'SHA256:pinned', 'bastion.example.com'],
    ...['Made 2026-11-24 02:07 UTC. Valid until the next backup of prod', 'are in S3'],
  ]) {
    expect(page).toContain(value);
  }
});

test.each(pages)('as %s it has a box to tick for each thing to do', (_, page) => {
  const boxes = page.match(/<input type="checkbox">|^- \[ \] /gm) ?? [];
  expect(boxes).toHaveLength(actionsOf(sheet).length);
});

test('the HTML needs nothing else, and may load nothing', () => {
  const html = sheetHtml(sheet);
  expect(html).not.toMatch(/\b(src|href)=|@import|url\(|<script|<link/);
  expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  expect(html).toMatch(/@media print/);
});

test('no value breaks out of the HTML, and each reads as it was', () => {
  const html = sheetHtml(makeSheet(poisoned));
  const tags = [...html.matchAll(/<\/?([a-z0-9]+)/g)].map(([, tag]) => tag);
  const own = [...sheetHtml(sheet).matchAll(/<\/?([a-z0-9]+)/g)].map(([, tag]) => tag);
  expect([...new Set(tags)].sort()).toEqual([...new Set(own)].sort());
  expect(tags).not.toContain('script');
  expect(shown(html)).toContain(poison);
  for (const run of commandsOf(makeSheet(poisoned))) expect(shown(html)).toContain(run);
});

test('no value breaks out of the Markdown, and each command reads as it was', () => {
  const markdown = sheetMarkdown(makeSheet(poisoned));
  const outside = markdown.replace(/^ {2}(`{3,})sh\n[\s\S]*?^ {2}\1$/gm, '');
  expect(outside).not.toMatch(/(^|[^\\])<|^# two|^ *```/m);
  // Every row of a table has two cells.
  const rows = outside.split('\n').filter((line) => line.startsWith('|'));
  expect(rows.filter((row) => row.match(/(?<!\\)\|/g)?.length !== 3)).toEqual([]);
  for (const run of commandsOf(makeSheet(poisoned))) {
    const indented = run
      .split('\n')
      .map((line) => `  ${line}`.trimEnd())
      .join('\n');
    expect(markdown).toContain(indented);
  }
});

test('what is not known is said to be', () => {
  const { distribution: _, replicatedVersion: __, publicAddress: ___, ...record } = facts.record;
  const page = sheetMarkdown(
    makeSheet({
      ...facts,
      record: { ...record, hostKeys: [], unrecorded: ['hostname: no answer'] },
      hostKeys: [],
      specs: { unknown: 'AWS denied it' },
      databases: { verdict: 'outside', signs: ['MongoDB: the customisations name db.example.com'] },
      objectStorage: 'nfs',
    }),
  );
  for (const said of [
    ...['specs unknown: AWS denied it', 'none is known: trust only what the console prints'],
    ...['| Distribution | not recorded |', '| Old public address | none |'],
    ...['does NOT hold the databases', 'they are on an NFS share'],
    ...[
      'Not recorded: hostname: no answer',
      '/etc/default/replicated /etc/default/replicated-operator /etc/sysconfig/replicated',
    ],
  ]) {
    expect(page).toContain(said);
  }
  expect(page).not.toContain('OLD_PUBLIC');
});

test('a region with copies and a spare are named, with what a launch there needs', () => {
  const elsewhere = [
    {
      region: 'us-west-2',
      copy: { image: 'ami-0fedcba9876543210', takenAt: '2026-11-24T02:00:00.000Z' },
      subnetId: 'subnet-west',
      securityGroupIds: ['sg-west'],
    },
    { region: 'eu-west-1', copy: { unknown: 'timed out' } },
  ];
  const machine = {
    instanceId: 'i-0spare',
    image: 'ami-0fedcba9876543210',
    instanceType: 'm5.xlarge',
  };
  const text = sheetMarkdown(
    makeSheet({ ...facts, elsewhere, spare: { region: 'us-west-2', machine } }),
  );
  expect(text).toContain('In other regions');
  expect(text).toMatch(/us-west-2.*ami-0fedcba9876543210.*subnet-west.*sg-west/);
  expect(text).toMatch(/eu-west-1.*timed out/);
  expect(text).toContain('A spare waits in us-west-2: i-0spare');
  expect(sheetMarkdown(makeSheet(facts))).not.toContain('In other regions');
});
