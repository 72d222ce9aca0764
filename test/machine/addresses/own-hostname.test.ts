import { currentHostname, isAddress } from '../../../src/machine/addresses/own-hostname';

test.each([
  ['circleci.example.com', false],
  ['10.example.com', false],
  ['203.0.113.10', true],
  ['2001:db8::5', true],
])('%s is an address: %s', (hostname, expected) => {
  expect(isAddress(hostname)).toBe(expected);
});

const known = [{ private: '10.0.1.5', public: '203.0.113.10' }, {}];

test.each([
  ['circleci.example.com', '203.0.113.10', 'circleci.example.com'],
  ['203.0.113.10', 'circleci.example.com', '203.0.113.10'],
  ['10.0.1.5', undefined, '10.0.1.5'],
  ['198.51.100.1', '203.0.113.10', '203.0.113.10'],
  ['198.51.100.1', 'circleci.example.com', 'circleci.example.com'],
  ['198.51.100.1', undefined, '198.51.100.1'],
  ['198.51.100.1', '', '198.51.100.1'],
])('configured %s, had %s: %s', (configured, had, expected) => {
  expect(currentHostname(configured, { had, known })).toBe(expected);
});
