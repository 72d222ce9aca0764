import {
  isHere,
  namedHosts,
  parseCustomizations,
} from '../../../src/machine/databases/customizations';

const shared = '/etc/circleconfig/shared';

function hosts(path: string, content: string): string[] {
  return namedHosts([{ path, content }]).map(
    ({ service, key, host }) => `${service} ${key} ${host ?? '?'}`,
  );
}

test('a file comes as its path and its content, which may hold anything', () => {
  const content = 'export POSTGRES_HOST="db"\n# ünd\n';
  const printed = `${shared}/postgresql\n${Buffer.from(content).toString('base64')}\n/etc/empty\n\n`;
  expect(parseCustomizations(printed)).toEqual([
    { path: `${shared}/postgresql`, content },
    { path: '/etc/empty', content: '' },
  ]);
});

test.each([
  [
    'postgresql',
    'export POSTGRES_HOST="prod.abc123.us-east-1.rds.amazonaws.com"',
    ['PostgreSQL POSTGRES_HOST prod.abc123.us-east-1.rds.amazonaws.com'],
  ],
  [
    'vault',
    'export VAULT__SCHEME="https"\nexport VAULT__HOST="vault.example.com"\nexport VAULT__CLIENT_TOKEN="s.secret"',
    ['Vault VAULT__HOST vault.example.com'],
  ],
  ['postgresql', 'export HOST=db.example.com', ['PostgreSQL HOST db.example.com']],
  [
    'redis',
    'REDIS_URL=redis://:hunter2@cache.example.com:6379/0',
    ['Redis REDIS_URL cache.example.com'],
  ],
  [
    'rabbitmq',
    "RABBITMQ_URI='amqps://user:p@ss@mq.example.com:5671/vhost'",
    ['RabbitMQ RABBITMQ_URI mq.example.com'],
  ],
  ['x', 'DATABASE_HOST=db.example.com', []],
  ['postgresql', '# export POSTGRES_HOST=db.example.com', []],
  ['postgresql', 'export POSTGRES_HOST=', []],
  ['postgresql', 'export POSTGRES_PORT="5432"\nexport POSTGRES_PASSWORD="host.example.com"', []],
  ['postgresql', 'POSTGRES_HOST=[2001:db8::5]', ['PostgreSQL POSTGRES_HOST 2001:db8::5']],
  [
    'postgresql',
    'POSTGRES_HOST=DB.Example.com # the new one',
    ['PostgreSQL POSTGRES_HOST db.example.com'],
  ],
  [
    'postgresql',
    'JDBC_POSTGRES_URL=jdbc:postgresql://db.example.com:5432/circle?user=a',
    ['PostgreSQL JDBC_POSTGRES_URL db.example.com'],
  ],
])('%s: %s', (name, content, expected) => {
  expect(hosts(`${shared}/${name}`, content)).toEqual(expected);
});

test('a base that the file sets before is filled in; each host is told once', () => {
  const content = [
    'MONGO_BASE_URI=mongodb://circle:hunter2@m1.example.com:27017,m2.example.com:27017',
    'export CIRCLE_SECRETS_MONGODB_MAIN_URI="$MONGO_BASE_URI/circle_ghe?ssl=true&authSource=admin"',
    'export CIRCLE_SECRETS_MONGODB_CONTAINERS_URI="${MONGO_BASE_URI}/containers_dev_ghe?ssl=true"',
  ].join('\n');
  expect(hosts('/etc/circle-installation-customizations', content)).toEqual([
    'MongoDB CIRCLE_SECRETS_MONGODB_CONTAINERS_URI m1.example.com',
    'MongoDB CIRCLE_SECRETS_MONGODB_CONTAINERS_URI m2.example.com',
  ]);
});

test('what only a shell could tell is said not to be known', () => {
  const content = [
    'POSTGRES_HOST=$(curl -s http://169.254.169.254/latest/meta-data/local-ipv4)',
    'VAULT__HOST="${IP}"',
    "MONGO_URI='mongodb://u:p@$NOT_SET/db'",
  ].join('\n');
  expect(hosts('/etc/circle-installation-customizations', content)).toEqual([
    'PostgreSQL POSTGRES_HOST ?',
    'Vault VAULT__HOST ?',
    'MongoDB MONGO_URI ?',
  ]);
});

test.each([
  'mongodb://u:hunter2/x@db.example.com/x',
  'mongodb://u:hunter2?x@db.example.com/x',
  'mongodb://hunter2:hunter2#@db.example.com',
  'u:hunter2,hunter2@db.example.com',
])('no part of the login in %s is taken for a host', (value) => {
  expect(hosts(`${shared}/mongodb`, `MONGODB_URI='${value}'`)).toEqual([
    'MongoDB MONGODB_URI db.example.com',
  ]);
});

const own = {
  addresses: ['10.0.1.5', '203.0.113.10', undefined],
  hostname: 'Circleci.example.com',
};

test.each([
  ['localhost', true],
  ['127.0.0.1', true],
  ['::1', true],
  ['172.17.0.1', true],
  ['172.40.0.1', false],
  ['10.0.1.5', true],
  ['10.0.1.50', false],
  ['203.0.113.10', true],
  ['ip-10-0-1-5.ec2.internal', true],
  ['ec2-203-0-113-10.compute-1.amazonaws.com', true],
  ['ip-10-0-1-50.ec2.internal', false],
  ['circleci.example.com', true],
  ['db.circleci.example.com', false],
  ['postgres', true],
  ['vault-cci', true],
  ['mongo', true],
  ['mongo.example.com', false],
  ['db1', false],
])('%s leads to the machine itself: %s', (host, here) => {
  expect(isHere(host, own)).toBe(here);
});
