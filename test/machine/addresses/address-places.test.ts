import { parseAddressFiles } from '../../../src/machine/addresses/address-files';
import { givenAddresses, isVital } from '../../../src/machine/addresses/address-keys';

const usual = [
  '/etc/default/replicated',
  '/etc/default/replicated-operator',
  '/etc/sysconfig/replicated',
  '/etc/sysconfig/replicated-operator',
] as const;
type Kinds = Partial<Record<(typeof usual)[number], 'file' | 'directory' | 'dangling'>>;

/** What the look at a machine prints. */
function output(init: string, kinds: Kinds, more: readonly string[] = []): string {
  const hasSysconfig = Object.keys(kinds).some((path) => path.startsWith('/etc/sysconfig'));
  return [
    `init ${init}`,
    'folder /etc/default',
    ...(hasSysconfig ? ['folder /etc/sysconfig'] : []),
    ...usual.map((path) => {
      const kind = kinds[path] ?? 'absent';
      return kind === 'file' ? `file ${path} ${path}` : `${kind} ${path}`;
    }),
    ...more,
  ].join('\n');
}

const inDefault: Kinds = {
  '/etc/default/replicated': 'file',
  '/etc/default/replicated-operator': 'file',
};
const inSysconfig: Kinds = {
  '/etc/sysconfig/replicated': 'file',
  '/etc/sysconfig/replicated-operator': 'file',
};
const unit = (name: string, path: string): string =>
  `unit /etc/systemd/system/${name}.service:EnvironmentFile=${path}`;

describe('the address files', () => {
  test.each<[string, string, Kinds, string]>([
    [
      'of systemd with both folders of files are all four',
      'systemd',
      { ...inDefault, ...inSysconfig },
      '/etc/sysconfig',
    ],
    ['of systemd may stand in /etc/default alone', 'systemd', inDefault, '/etc/default'],
    [
      'of systemd stand in /etc/sysconfig where that exists',
      'systemd',
      inSysconfig,
      '/etc/sysconfig',
    ],
    [
      'without systemd are those of /etc/default, also on CentOS 6',
      'other',
      inDefault,
      '/etc/default',
    ],
    [
      'without systemd are read from /etc/default where both have them',
      'other',
      { ...inDefault, ...inSysconfig },
      '/etc/default',
    ],
    [
      'are not a folder of their name',
      'systemd',
      {
        ...inDefault,
        '/etc/sysconfig/replicated': 'directory',
        '/etc/sysconfig/replicated-operator': 'dangling',
      },
      '/etc/default',
    ],
  ])('%s', (_, init, kinds, folder) => {
    const found = parseAddressFiles(output(init, kinds));
    const files = (name: string): string[] =>
      usual.filter((path) => path.endsWith(`/${name}`) && kinds[path] === 'file');
    expect([...found.daemon].sort()).toEqual(files('replicated'));
    expect([...found.operator].sort()).toEqual(files('replicated-operator'));
    expect(found.read).toEqual([`${folder}/replicated`, `${folder}/replicated-operator`]);
    expect(found.missing).toEqual([]);
  });

  test('are those that the units name, wherever they lie', () => {
    const found = parseAddressFiles(
      output('systemd', { ...inDefault, ...inSysconfig }, [
        unit('replicated', '/etc/default/replicated'),
        unit('replicated-ui', '-/etc/default/replicated'),
        unit('replicated-operator', '"/srv/replicated-operator"'),
        'file /srv/replicated-operator /srv/replicated-operator',
      ]),
    );
    expect(found.read).toContain('/etc/default/replicated');
    expect(found.read).toContain('/srv/replicated-operator');
    expect(found.read).not.toContain('/etc/sysconfig/replicated');
    expect(found.operator).toHaveLength(3);
  });

  test('of a drop-in take the place of those of the unit', () => {
    const dropIn = 'unit /etc/systemd/system/replicated.service.d/x.conf:EnvironmentFile=';
    const found = parseAddressFiles(
      output('systemd', { ...inDefault, ...inSysconfig }, [
        unit('replicated', '/etc/sysconfig/replicated'),
        dropIn,
        `${dropIn}/etc/default/replicated`,
      ]),
    );
    expect(found.read[0]).toBe('/etc/default/replicated');
  });

  test('that a unit needs and that are no files are missed, but not those it can do without', () => {
    const kinds: Kinds = { ...inDefault, '/etc/sysconfig/replicated': 'directory' };
    const named = (sign: string) =>
      parseAddressFiles(
        output('systemd', kinds, [
          unit('replicated', `${sign}/etc/sysconfig/replicated`),
          unit('replicated', '-/etc/sysconfig/docker'),
        ]),
      ).missing;
    expect(named('')).toEqual([
      expect.objectContaining({ path: '/etc/sysconfig/replicated', unit: 'replicated' }),
    ]);
    expect(named('-')).toEqual([]);
  });

  test('with two names are one', () => {
    const linked = output('systemd', { ...inDefault, ...inSysconfig }).replace(
      'file /etc/sysconfig/replicated /etc/sysconfig/replicated\n',
      'file /etc/sysconfig/replicated /etc/default/replicated\n',
    );
    expect(parseAddressFiles(linked).daemon).toHaveLength(1);
  });

  test('that are nowhere are told by every place that was looked at', () => {
    const { looked, daemon } = parseAddressFiles(
      output('systemd', { '/etc/sysconfig/replicated': 'directory' }),
    );
    expect(daemon).toEqual([]);
    expect(looked).toContain('/etc/default/replicated is not there');
    expect(looked).toContain('/etc/sysconfig/replicated is a folder');
  });
});

describe('the addresses that Replicated reads', () => {
  const hosts = (...lines: string[]): Record<string, string> =>
    Object.fromEntries(givenAddresses(lines.join('\n')).map(({ key, host }) => [key, host]));

  test('are the last ones, without quotes, brackets and ports', () => {
    expect(
      hosts(
        'PRIVATE_ADDRESS=10.0.0.9',
        '# PRIVATE_ADDRESS=10.0.0.1',
        'PRIVATE_ADDRESS="10.0.1.5"\r',
        "DAEMON_ENDPOINT='[10.0.1.6]:9879'",
        'export DAEMON_HOST=[10.0.1.7]',
      ),
    ).toEqual({
      PRIVATE_ADDRESS: '10.0.1.5',
      DAEMON_ENDPOINT: '10.0.1.6',
      DAEMON_HOST: '10.0.1.7',
    });
  });

  test('of the container’s options beat those of the file, and each other by their order', () => {
    expect(
      hosts(
        'DAEMON_ENDPOINT=10.0.1.5:9879',
        'REPLICATED_OPERATOR_OPTS=" -e PUBLIC_ADDRESS=1.1.1.1 -e DAEMON_ENDPOINT=10.0.0.8:9879"',
        'REPLICATED_OPERATOR_OPTS=" -e DAEMON_ENDPOINT=10.0.0.9:9879 --env=PUBLIC_ADDRESS=2.2.2.2 \\',
        '  -e REGISTRY_ADVERTISE_ADDRESS=10.0.0.7:9874"',
      ),
    ).toEqual({
      DAEMON_ENDPOINT: '10.0.0.9',
      PUBLIC_ADDRESS: '2.2.2.2',
      REGISTRY_ADVERTISE_ADDRESS: '10.0.0.7',
    });
  });

  test('are told with their lines, and whether Replicated comes up without', () => {
    const [first, second] = givenAddresses('\nPRIVATE_ADDRESS=10.0.0.9\nDAEMON_HOST=10.0.0.9\n');
    expect([first?.line, second?.line]).toEqual([2, 3]);
    expect([first, second].map((one) => one !== undefined && isVital(one))).toEqual([true, false]);
  });

  test('are not those of a proxy or of a list', () => {
    expect(
      hosts('REPLICATED_OPTS=" -e HTTP_PROXY=http://10.0.1.50:3128 -e NO_PROXY=10.0.1.5"'),
    ).toEqual({});
  });
});
