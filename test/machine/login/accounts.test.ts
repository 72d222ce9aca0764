import { accountEnds } from '../../../src/machine/login/accounts';

test('tells the days on which a password and an account end', () => {
  expect(accountEnds('root:20000:99999:\nubuntu:20000:90:21000\n')).toEqual([
    { user: 'ubuntu', what: 'password', on: '2025-01-02' },
    { user: 'ubuntu', what: 'account', on: '2027-07-01' },
  ]);
});

test.each([
  '',
  'root:::\n',
  'root:20000::\n',
  'root:20000:-1:\n',
  'root:20000:36500:\n',
  'noise\n',
])('finds no end in %j', (text) => {
  expect(accountEnds(text)).toEqual([]);
});
