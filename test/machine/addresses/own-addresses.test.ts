import { parseIpAddresses, parseOwnAddresses } from '../../../src/machine/addresses/own-addresses';

describe('hostname -I', () => {
  test.each<[string, string[] | undefined]>([
    ['10.0.1.57 172.17.0.1 \n', ['10.0.1.57', '172.17.0.1']],
    [
      '10.0.1.57 172.17.0.1 fd00:ec2::7 fe80::8c1:9ff:fe3d:77 ',
      ['10.0.1.57', '172.17.0.1', 'fd00:ec2::7', 'fe80::8c1:9ff:fe3d:77'],
    ],
    [' \n', undefined],
    ['hostname: unrecognized option: I', undefined],
    ['BusyBox v1.30.1 (2019-06-12 17:51:55 UTC) multi-call binary.', undefined],
    ['Welcome to 10.0.1.57\n10.0.1.57', undefined],
  ])('%j', (text, addresses) => {
    expect(parseOwnAddresses(text)).toEqual(addresses);
  });
});

describe('ip -o addr show', () => {
  test('of iproute2, with labels, scopes and both families', () => {
    const text = [
      '1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever',
      '1: lo    inet6 ::1/128 scope host \\       valid_lft forever preferred_lft forever',
      '2: eth0    inet 10.0.1.57/24 brd 10.0.1.255 scope global dynamic eth0\\       valid_lft 3021sec',
      '2: eth0    inet 10.0.1.90/24 brd 10.0.1.255 scope global secondary eth0:1',
      '2: eth0    inet6 fe80::8c1:9ff:fe3d:77/64 scope link \\       valid_lft forever',
      '3: docker0    inet 172.17.0.1/16 scope global docker0',
      '4: tun0    inet 10.8.0.2 peer 10.8.0.1/32 scope global tun0',
    ].join('\n');
    expect(parseIpAddresses(text)).toEqual([
      '10.0.1.57',
      '10.0.1.90',
      'fe80::8c1:9ff:fe3d:77',
      '172.17.0.1',
      '10.8.0.2',
    ]);
  });

  test.each(['', 'ip: command not found', '1: lo    inet 127.0.0.1/8 scope host lo'])(
    'tells nothing: %j',
    (text) => {
      expect(parseIpAddresses(text)).toBeUndefined();
    },
  );
});
