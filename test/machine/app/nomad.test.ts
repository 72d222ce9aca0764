import { hasLeader, readNomadClients } from '../../../src/machine/app/nomad';

const members = (leader: string): string => `\
Name                     Address    Port  Status  Leader  Protocol  Build  Datacenter  Region
ip-10-0-1-5.ec2.global   10.0.1.5   4648  alive   ${leader}    2         0.5.6  default     global
`;

test('sees the leader of the Nomad servers', () => {
  expect(hasLeader(members('true '))).toBe(true);
});

test.each([
  ['the server has none', members('false')],
  [
    'an election never ends',
    `${members('false')}\nError determining leaders: Unexpected response code: 500 (No cluster leader)\n`,
  ],
  [
    'Nomad does not answer',
    'Error querying servers: dial tcp 127.0.0.1:4646: connection refused\n',
  ],
  ['nothing is said', ''],
])('sees no leader when %s', (_, text) => {
  expect(hasLeader(text)).toBe(false);
});

const clients = [
  { id: 'ec2727c5', name: 'ip-10-0-2-11', status: 'ready' },
  { id: '0b9d31f2', name: 'ip-10-0-2-12', status: 'down' },
];

test.each([
  [
    'without Eligibility',
    `\
ID        DC         Name          Class        Drain  Status  Running Allocs
ec2727c5  us-east-1  ip-10-0-2-11  linux-64bit  false  ready   0
0b9d31f2  us-east-1  ip-10-0-2-12  <none>       false  down    12
`,
  ],
  [
    'with Eligibility',
    `\
ID        DC       Name          Class        Drain  Eligibility  Status
ec2727c5  default  ip-10-0-2-11  linux-64bit  false  eligible     ready
0b9d31f2  default  ip-10-0-2-12  linux-64bit  true   ineligible   down
`,
  ],
])('lists the clients in a table %s', (_, text) => {
  expect(readNomadClients(text) ?? []).toEqual(clients);
});

test.each(['', 'Error querying node status: 500 (No cluster leader)\n', 'ID  DC  Name  Status\n'])(
  'lists none in %j',
  (text) => {
    expect(readNomadClients(text) ?? []).toEqual([]);
  },
);
