import { parseOsRelease } from '../../../src/machine/platform/os-release';

test.each([
  [
    'debian',
    'Ubuntu 16.04.7 LTS',
    'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\nPRETTY_NAME="Ubuntu 16.04.7 LTS"\n',
  ],
  [
    'debian',
    'Debian GNU/Linux 9 (stretch)',
    'PRETTY_NAME="Debian GNU/Linux 9 (stretch)"\nID=debian\n',
  ],
  ['debian', 'Linux Mint 18', "PRETTY_NAME='Linux Mint 18'\nID=linuxmint\nID_LIKE=ubuntu\n"],
  [
    'rhel',
    'CentOS Linux 7 (Core)',
    'ID="centos"\nID_LIKE="rhel fedora"\nPRETTY_NAME="CentOS Linux 7 (Core)"\n',
  ],
  [
    'rhel',
    'Red Hat Enterprise Linux Server 7.7',
    'ID="rhel"\r\nPRETTY_NAME="Red Hat Enterprise Linux Server 7.7"\r\n',
  ],
  ['rhel', 'Rocky Linux 8.9', 'ID="rocky"\nPRETTY_NAME="Rocky Linux 8.9"\n'],
  [
    'rhel',
    'Amazon Linux 2',
    'ID="amzn"\nID_LIKE="centos rhel fedora"\nPRETTY_NAME="Amazon Linux 2"\n',
  ],
  [undefined, 'Alpine Linux', 'NAME="Alpine Linux"\nID=alpine\n'],
  [undefined, 'unknown system', 'VERSION_ID="debian"\n'],
  [undefined, 'unknown system', ''],
])('%s: %s', (distribution, name, text) => {
  expect(parseOsRelease(text)).toMatchObject({ distribution, name });
});
