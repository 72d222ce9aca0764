import { redact } from '../../../src/machine/text/redact';

const key =
  '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----';

const secret: readonly [string, string][] = [
  [`before\n${key}\nafter`, 'before\n[private key]\nafter'],
  ['-----BEGIN RSA PRIVATE KEY-----\nMIIEcut short', '[private key]'],
  ['id AKIAIOSFODNN7EXAMPLE used', 'id [access key] used'],
  ['DAEMON_TOKEN=abc123', 'DAEMON_TOKEN=[secret]'],
  ['-e DAEMON_TOKEN="abc 123" -e LOG=info', '-e DAEMON_TOKEN=[secret] -e LOG=info'],
  ['"github_client_secret": "0123abc",', '"github_client_secret": [secret],'],
  ['password: hunter2', 'password: [secret]'],
  ['AWS_SECRET_ACCESS_KEY=abc/def+ghi', 'AWS_SECRET_ACCESS_KEY=[secret]'],
  ['mysql --password hunter2 -h db', 'mysql --password [secret] -h db'],
  ['clone https://bot:hunter2@github.com/a/b', 'clone https://[secret]@github.com/a/b'],
  ['Authorization: Bearer abc.def', 'Authorization: [secret]'],
  ['{"Authorization":"Basic dTpw","a":1}', '{"Authorization":[secret],"a":1}'],
  ['{"password":"one \\" two","a":1}', '{"password":[secret],"a":1}'],
  ['{"Name":"db-secret","Value":"x1 y2"}', '{"Name":"db-secret","Value":[secret]}'],
  ['{"value": "x1", "name": "API_KEY"}', '{"value": [secret], "name": "API_KEY"}'],
  ['push https://u:pa/ss@h/x', 'push https://[secret]@h/x'],
  ['redis://:pw@10.0.1.5:6379/0', 'redis://[secret]@10.0.1.5:6379/0'],
  [`remote: ghp_${'a1B2'.repeat(9)} refused`, 'remote: [secret] refused'],
  [`github_pat_${'a1B2'.repeat(9)}`, '[secret]'],
  [`glpat-${'a1B2'.repeat(5)}`, '[secret]'],
  ['got xoxb-123456789012-abcdefABCDEF', 'got [secret]'],
  ['https://hooks.slack.com/services/T0/B0/abc', 'https://hooks.slack.com/services/[secret]'],
  [`CCIPAT_${'a1B2'.repeat(6)}`, '[secret]'],
  ['sent eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln to', 'sent [secret] to'],
  [`LS0tLS1CRUdJTi${'BQUFB'.repeat(9)}==`, '[private key]'],
  ['Unseal Key 1: abc+def=', 'Unseal Key 1: [secret]'],
  ['Set-Cookie: a=b; Path=/\nnext', 'Set-Cookie: [secret]\nnext'],
  ['curl -s -u ana:pw https://h', 'curl -s -u [secret] https://h'],
  ['db_pass = x', 'db_pass = [secret]'],
];

const harmless = [
  'REPLICATED_OPTS="-e LOG_LEVEL=info -e DAEMON_HOST=10.0.1.5:9879"',
  'PRIVATE_ADDRESS=10.0.1.5',
  'the token is not valid',
  'https://circleci.example.com/gh/org/repo/17',
  'ops@10.0.1.5: Permission denied (publickey)',
  '12 passed: all of them',
  'runbook approve --gate launch-k3f9 --note why',
  '{"Name":"hostname","Value":"ci.example.com"}',
  'https://10.0.1.5:8800/console and git@github.com:acme/web.git',
  'ami-0abc from compass: north, bypass: none',
  '-----BEGIN SSH HOST KEY KEYS-----\nssh-ed25519 AAAA\n-----END SSH HOST KEY KEYS-----',
];

describe('output that leaves a machine', () => {
  it.each(secret)('has its secret replaced: %j', (text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it.each(harmless)('is left alone where it holds none: %j', (text) => {
    expect(redact(text)).toBe(text);
  });

  // Each was chosen to make a matcher go over the same text again and again. A matcher that does
  // would not end within the time of a test, whatever the machine.
  it.each([
    'token',
    'token-',
    'a://',
    'a.',
    '--',
    '-----BEGIN ',
    '-----END ',
    '"name":"',
    '"value" : "\\',
    'password ',
    'password: "',
    'eyJ',
    'curl -u ',
    'authorization: ',
    ' ',
    '\n',
    'x:',
    'SG.',
    '=',
  ])('takes a time that grows with its length only: %j', (piece) => {
    const text = piece.repeat(Math.ceil(1_000_000 / piece.length));
    expect(typeof redact(text)).toBe('string');
    expect(typeof redact(`password ${text}`)).toBe('string');
    expect(typeof redact(`-----BEGIN PRIVATE KEY-----${text}`)).toBe('string');
  });

  it('can be redacted twice', () => {
    for (const [text] of secret) expect(redact(redact(text))).toBe(redact(text));
  });
});
