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
  ['sent -eyJhbGciOiJI.eyJzdWIiOiIxIn0.c2ln', 'sent -[secret]'],
  [
    `MIIEpAIBAAKCAQEA\n${'b3Bl'.repeat(16)}\n-----END RSA PRIVATE KEY-----\nok`,
    '[private key]\nok',
  ],
  [`{"k":"${key.replaceAll('\n', '\\n')}"}`, '{"k":"[private key]"}'],
  ['Private-Lines: 2\nAAAA\nBBBB\nPrivate-MAC: 0', 'Private-Lines: 2\n[private key]Private-MAC: 0'],
  [`AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY`, '[access key] [secret]'],
  [
    '- name: github_client_secret\n  value: a b c',
    '- name: github_client_secret\n  value: [secret]',
  ],
  ['- name: hostname\n  value: a.b', '- name: hostname\n  value: a.b'],
  ['password: |\n  hunter2\nnext: 1', 'password: |\n  [secret]\nnext: 1'],
  ['password=a,b;c', 'password=[secret]'],
  ["--api-key 'x1'", '--api-key [secret]'],
  ['mysql -uroot -phunter2 db', 'mysql -uroot -p[secret] db'],
  ['sshpass -p hunter2 ssh h', 'sshpass -p [secret] ssh h'],
  ['/usr/bin/redis-cli -a hunter2 ping', '/usr/bin/redis-cli -a [secret] ping'],
  ['"https://a.b","https://u:p@h"', '"https://a.b","https://[secret]@h"'],
  ['https://u:p@ss@h/x', 'https://[secret]@h/x'],
  ['Authorization: Digest username="a", response="b"', 'Authorization: [secret]'],
  ['X-Vault-Token: s.abcdefghijklmnopqrstuvwx', 'X-Vault-Token: [secret]'],
  ['got s.abcdefghijklmnopqrstuvwx back', 'got [secret] back'],
  ['api key: abc', 'api key: [secret]'],
  [`https://discord.com/api/webhooks/123/a-b_c`, 'https://discord.com/api/webhooks/[secret]'],
  [`bot 123456789:A${'a1'.repeat(17)}`, 'bot [secret]'],
  [`SG.${'a1B2'.repeat(5)}.${'a1B2'.repeat(10)}`, '[secret]'],
  ...[
    `hvs.${'a1B2'.repeat(6)}`,
    `dckr_pat_${'a1B2'.repeat(6)}`,
    `npm_${'a1B2'.repeat(9)}`,
    `sk_live_${'a1B2'.repeat(6)}`,
    `sk-ant-api03-${'a1B2'.repeat(12)}`,
    `AIza${'a1B2'.repeat(8)}a1B`,
    `GOCSPX-${'a1B2'.repeat(7)}`,
    `dop_v1_${'a1b2'.repeat(16)}`,
    `glc_${'a1B2'.repeat(10)}==`,
    `AGE-SECRET-KEY-1${'Q0'.repeat(29)}`,
    `SK${'a1b2'.repeat(8)}`,
    `${'a1b2'.repeat(8)}-us12`,
    `key-${'a1b2'.repeat(8)}`,
  ].flatMap((token): [string, string][] => {
    const mark = token.startsWith('AGE') ? '[private key]' : '[secret]';
    return [
      [token, mark],
      [`said (${token}).`, `said (${mark}).`],
    ];
  }),
];

const harmless = [
  'HttpTokens=required, PasswordAuthentication: no',
  'tokenFile: /etc/runbook/token and passwordFile=/etc/restic/password',
  "ops@10.0.1.5's password: \nPermission denied",
  'sk-learn, npm_config_cache, glc_ and key-value pairs',
  `sha256:${'0af9'.repeat(16)} and ${'0af9'.repeat(10)}`,
  'ssh-ed25519 SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU',
  'Failed to restart docker.service: Unit docker.service is masked.',
  'docker run -p 80:8080 registry.replicated.com/circleci/frontend:2.19',
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

  // That time grows with the length alone is proved by the linter, pattern by pattern, and by how
  // the tokens are read. Each of these was chosen to make a matcher go over its text again and again:
  // one that does would not end within the time of a test, whatever the machine.
  const pieces = [
    ...['token', 'token-', 'a://', 'a.', '--', '-----BEGIN ', '-----END ', '"name":"', '=', 'x:'],
    ...['"value" : "\\', 'password ', 'password: "', 'eyJ', '-eyJ', '.eyJ', 'curl -u ', ' ', '\n'],
    ...['authorization: ', 'SG.', '-SG.-', 'glpat-', '-glpat', 'a@', ':', "'", '"', '\\', 'AKIA'],
    ...['-----BEGIN PRIVATE KEY-----', '-----END PRIVATE KEY-----', 'LS0tLS1CRUdJTi', 'Bearer '],
    ...['name: a\nvalue: ', 'Private-Lines: 1\n', 'mysql -p', '1:A', 'a1b2', '-us', '\t', '\u2028'],
    ...[
      '"value":"x","name":"',
      '"key":"a_token","value":',
      '|\n ',
      'cookie:',
      'unseal key 1',
      '~Q',
    ],
  ];
  it.each(pieces)('is redacted in a time that grows with its length only: %j', (piece) => {
    const text = piece.repeat(Math.ceil((256 * 1024) / piece.length));
    for (const begin of ['', 'password ', '-----BEGIN PRIVATE KEY-----', 'curl ', '"name":"']) {
      expect(typeof redact(`${begin}${text}\0`)).toBe('string');
    }
  });

  it('is bounded before it is matched, and no half of a secret is left at the cut', () => {
    const token = `ghp_${'a1B2'.repeat(9)}`;
    const long = redact(`${`${token} `.repeat(40_000)}the end`);
    expect(long.length).toBeLessThan(300_000);
    expect(long).toMatch(/\[… \d+ characters left out …\]/);
    expect(long).toMatch(/the end$/);
    expect(long).not.toContain('a1B2');
  });

  it('can be redacted twice', () => {
    for (const [text] of [...secret, ...harmless.map((one) => [one])]) {
      expect(redact(redact(text ?? ''))).toBe(redact(text ?? ''));
    }
  });
});
