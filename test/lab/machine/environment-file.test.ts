import { parseEnvironmentFile } from '../../../src/lab/machine/environment-file';

it.each([
  ['PRIVATE_ADDRESS=10.0.1.5', '10.0.1.5'],
  ['PRIVATE_ADDRESS="10.0.1.5"', '10.0.1.5'],
  ["PRIVATE_ADDRESS='10.0.1.5'", '10.0.1.5'],
  ['PRIVATE_ADDRESS=10.0.1.5   ', '10.0.1.5'],
  ['PRIVATE_ADDRESS=10.0.1.5\r\nX=1\r\n', '10.0.1.5'],
  ['PRIVATE_ADDRESS=1\nPRIVATE_ADDRESS=2\n', '2'],
  ['PRIVATE_ADDRESS=10.\\\n0.1.5', '10.0.1.5'],
  ['#PRIVATE_ADDRESS=1\n;PRIVATE_ADDRESS=2\n', undefined],
  ['PRIVATE_ADDRESS=" -e A=1 -e B=\\"2\\""', ' -e A=1 -e B="2"'],
])('reads %j as systemd does', (text, value) => {
  expect(parseEnvironmentFile(text)['PRIVATE_ADDRESS']).toBe(value);
});
