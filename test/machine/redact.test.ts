import { redact } from '../../src/machine/redact';

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
];

const harmless = [
  'REPLICATED_OPTS="-e LOG_LEVEL=info -e DAEMON_HOST=10.0.1.5:9879"',
  'PRIVATE_ADDRESS=10.0.1.5',
  'the token is not valid',
  'https://circleci.example.com/gh/org/repo/17',
  'ops@10.0.1.5: Permission denied (publickey)',
  '-----BEGIN SSH HOST KEY KEYS-----\nssh-ed25519 AAAA\n-----END SSH HOST KEY KEYS-----',
];

describe('output that leaves a machine', () => {
  it.each(secret)('has its secret replaced: %j', (text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it.each(harmless)('is left alone where it holds none: %j', (text) => {
    expect(redact(text)).toBe(text);
  });

  it('can be redacted twice', () => {
    for (const [text] of secret) expect(redact(redact(text))).toBe(redact(text));
  });
});
