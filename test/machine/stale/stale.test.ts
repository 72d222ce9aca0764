import fc from 'fast-check';
import { classify, isDockers, writersOf } from '../../../src/machine/stale/classify';
import { differenceOf, shown } from '../../../src/machine/stale/difference';
import { naming, parseSearch, searchForAddresses } from '../../../src/machine/stale/search';

const place = (path: string, text: string) => classify({ path, line: 7, text });

describe('a stale address', () => {
  test.each([
    ['/etc/docker/daemon.json', '"log-opts": { "fluentd-address": "10.0.1.5:24224" }'],
    ['/etc/docker/daemon.json', '"syslog-address": "tcp://10.0.1.5:514",'],
    ['/etc/docker/daemon.json', '    "tcp://10.0.1.5:2375"'],
    ['/etc/docker/daemon.json', '"insecure-registries": ["10.0.1.5:5000"]'],
    ['/etc/docker/daemon.json', '"registry-mirrors": ["https://10.0.1.5"]'],
    ['/etc/docker/daemon.json', '"metrics-addr": "10.0.1.5:9323"'],
    ['/etc/default/docker', 'DOCKER_OPTS="--ip 10.0.1.5"'],
    ['/etc/sysconfig/docker-network', 'OPTIONS=-H tcp://10.0.1.5:2375'],
    ['/etc/systemd/system/docker.service.d/http-proxy.conf', 'Environment="NO_PROXY=10.0.1.5"'],
    ['/lib/systemd/system/docker.service', 'ExecStart=/usr/bin/dockerd -H 10.0.1.5'],
    ['/etc/systemd/system/replicated.service', 'ExecStart=docker run -e LOCAL_ADDRESS=10.0.1.5'],
    [
      '/etc/systemd/system/replicated-operator.service.d/a.conf',
      'Environment=DAEMON_HOST=10.0.1.5',
    ],
  ])('in %s keeps containers from starting: %s', (path, text) => {
    expect(place(path, text)).toMatchObject({ path, line: 7, severity: 'stops' });
  });

  test.each([
    ['/etc/docker/daemon.json', '"gelf-address": "udp://10.0.1.5:12201"', /log driver/],
    ['/etc/hosts', '10.0.1.5 circleci.example.com', /hosts/],
    ['/etc/hosts', '10.0.1.5 ip-10-0-1-5 statsd.internal', /hosts/],
    ['/etc/rsyslog.d/50-out.conf', '*.* @@10.0.1.5:514', /log drain/],
    ['/etc/fluent/fluent.conf', 'host 10.0.1.5', /log drain/],
    ['/var/awslogs/etc/proxy.conf', 'HTTP_PROXY=http://10.0.1.5:3128', /log drain/],
    ['/etc/telegraf/telegraf.d/out.conf', 'urls = ["http://10.0.1.5:8086"]', /monitoring/],
    ['/etc/circleconfig/telegraf/out.conf', 'urls = ["http://10.0.1.5:8086"]', /monitoring/],
    ['/etc/datadog-agent/datadog.yaml', 'proxy: http://10.0.1.5:3128', /monitoring/],
    ['/opt/collectd/etc/collectd.conf', 'Server "10.0.1.5"', /monitoring/],
    ['/etc/haproxy/haproxy.cfg', 'server a 10.0.1.5:80', /proxy/],
    ['/etc/nginx/conf.d/app.conf', 'proxy_pass http://10.0.1.5;', /proxy/],
    ['/etc/sysconfig/iptables', '-A PREROUTING -j DNAT --to 10.0.1.5', /firewall/],
    ['/etc/cron.d/push', '* * * * * root curl http://10.0.1.5', /cron/],
    ['/var/spool/cron/crontabs/root', '* * * * * curl http://10.0.1.5', /cron/],
    ['/etc/resolv.conf', 'nameserver 10.0.1.5', /resolver/],
    ['/etc/dhcp/dhclient.conf', 'prepend domain-name-servers 10.0.1.5;', /resolver/],
    ['/etc/nomad/config.hcl', 'servers = ["10.0.1.5:4647"]', /Nomad/],
    ['/etc/circleconfig/shared/postgresql', 'export POSTGRES_HOST=10.0.1.5', /CircleCI/],
    ['/etc/circle-installation-customizations', 'export CIRCLE_URL=http://10.0.1.5', /CircleCI/],
    ['/etc/environment', 'STATSD_HOST=10.0.1.5', /environment/],
    ['/etc/systemd/system/shipper.service', 'ExecStart=/opt/shipper 10.0.1.5', /systemd/],
    ['/etc/init/shipper.conf', 'exec /opt/shipper 10.0.1.5', /Upstart/],
    ['/etc/default/shipper', 'TO=10.0.1.5', /service/],
  ])('in %s sends data to the old machine: %s', (path, text, kind) => {
    expect(place(path, text)).toMatchObject({
      severity: 'sends',
      kind: expect.stringMatching(kind),
    });
  });

  test.each([
    ['/etc/rc.local', 'ip route add 10.0.1.5 dev eth0'],
    ['/etc/rc.d/rc.local', 'echo PRIVATE_ADDRESS=10.0.1.5 >/etc/default/replicated'],
    ['/var/lib/cloud/scripts/per-boot/a', 'A=10.0.1.5'],
    ['/etc/cloud/cloud.cfg.d/99.cfg', '- echo 10.0.1.5'],
    ['/etc/cron.d/x', '@reboot root /x 10.0.1.5'],
    ['/usr/local/bin/fix', 'sed -i s/.*/PRIVATE_ADDRESS=10.0.1.5/ /etc/default/replicated'],
    ['/etc/network/interfaces', 'address 10.0.1.5'],
    ['/etc/sysconfig/network-scripts/ifcfg-eth0', 'IPADDR=10.0.1.5'],
    ['/etc/ssh/sshd_config', 'ListenAddress 10.0.1.5'],
  ])('in %s is back at a boot: %s', (path, text) => {
    expect(place(path, text).severity).toBe('boots');
  });

  test.each([
    ['/etc/hosts', '10.0.1.5 ip-10-0-1-5.ec2.internal ip-10-0-1-5'],
    ['/etc/hostname', 'ip-10-0-1-5'],
    ['/etc/ssh/ssh_host_rsa_key.pub', 'ssh-rsa AAAA root@ip-10-0-1-5'],
    ['/etc/replicated.conf', '{"LocalAddress": "10.0.1.5"}'],
    ['/var/lib/replicated/circle-config/no_proxy', '10.0.1.5,127.0.0.1'],
    ['/etc/environment', 'no_proxy=10.0.1.5'],
    ['/etc/rsyslog.d/50-out.conf.bak', '*.* @@10.0.1.5:514'],
    ['/etc/haproxy/haproxy.cfg', '# server a 10.0.1.5:80'],
    ['/etc/default/docker', '#DOCKER_OPTS="--dns 10.0.1.5"'],
    ['/var/lib/dhcp/dhclient.leases', 'fixed-address 10.0.1.5;'],
    ['/etc/strange', '10.0.1.5'],
  ])('in %s harms nothing: %s', (path, text) => {
    expect(place(path, text).severity).toBe('informs');
  });

  test('in Docker’s own files holds only after its restart', () => {
    expect(isDockers('/etc/docker/daemon.json')).toBe(true);
    expect(isDockers('/etc/systemd/system/docker.service.d/x.conf')).toBe(true);
    expect(isDockers('/etc/dockerish.conf')).toBe(false);
  });
});

describe('a boot script', () => {
  const said = (path: string, text: string) =>
    writersOf([{ path, line: 3, text }], ['/etc/docker/daemon.json']).map(({ kind }) => kind);

  test('that writes the address files, or a mended file, is told whatever address it takes', () => {
    const taken = 'sed -i "s/^PRIVATE_ADDRESS=.*/PRIVATE_ADDRESS=$ip/" /etc/sysconfig/replicated';
    expect(said('/etc/rc.local', taken)).toEqual([
      'a script that may write the address files anew',
    ]);
    expect(said('/etc/rc.d/rc.local', 'cp /root/d.json /etc/docker/daemon.json')).toEqual([
      'a script that may write /etc/docker/daemon.json anew',
    ]);
  });

  test('of Replicated itself, a comment, and one that writes something else are not', () => {
    expect(said('/etc/init.d/replicated', '. /etc/default/replicated')).toEqual([]);
    expect(
      said('/etc/systemd/system/replicated.service', 'EnvironmentFile=/etc/default/replicated'),
    ).toEqual([]);
    expect(said('/etc/rc.local', '# see /etc/default/replicated')).toEqual([]);
    expect(said('/etc/rc.local', 'echo PUBLIC >/etc/motd')).toEqual([]);
  });
});

describe('a difference', () => {
  test('is unified, by line, without what stays', () => {
    const before = '{\n  "log-driver": "fluentd",\n  "fluentd-address": "10.0.1.5:24224"\n}\n';
    const after = before.replace('10.0.1.5', '10.0.1.57');
    expect(differenceOf('/etc/docker/daemon.json', before, after)).toBe(
      [
        '--- /etc/docker/daemon.json',
        '+++ /etc/docker/daemon.json',
        '@@ -3 +3 @@',
        '-  "fluentd-address": "10.0.1.5:24224"',
        '+  "fluentd-address": "10.0.1.57:24224"',
      ].join('\n'),
    );
  });

  test('shows no secret, and the address in each case', () => {
    for (const line of [
      'curl -u ops:hunter2 http://10.0.1.5/x',
      "curl --user 'ops:hunter2' http://10.0.1.5/x",
      'url = "https://ops:hunter2@10.0.1.5/"',
      'token=hunter2 host=10.0.1.5',
      'mysql -h 10.0.1.5 -phunter2 -p hunter2',
      'rsync -p ops:hunter2@10.0.1.5 x',
      '-H "X-Key: hunter2" 10.0.1.5',
    ]) {
      expect(shown(line)).not.toContain('hunter2');
      expect(shown(line)).toContain('10.0.1.5');
    }
    expect(shown('dockerd -H tcp://10.0.1.5:2375')).toBe('dockerd -H tcp://10.0.1.5:2375');
    expect(shown('key Zk3vQ0sT9bNf5Wm1Xc7Lr2Yd8Ph6Ga4J 10.0.1.5')).toBe('key [hidden] 10.0.1.5');
    expect(shown('x'.repeat(500) + ' 10.0.1.5 ' + 'y '.repeat(500)).length).toBeLessThan(260);
  });

  test('is bounded', () => {
    const many = '10.0.1.5\n'.repeat(100);
    const lines = differenceOf('/x', many, many.replaceAll('10.0.1.5', '10.0.1.57')).split('\n');
    expect(lines).toHaveLength(2 + 12 * 3 + 1);
    expect(lines.at(-1)).toBe('… and 88 more lines');
  });
});

describe('the search', () => {
  test('asks for each address in both of its forms, as one pattern', () => {
    const { args, confidential } = searchForAddresses(['10.0.1.5', '203.0.113.10']);
    expect(args).toEqual([
      '10[.]0[.]1[.]5|(ip|ec2)-10-0-1-5|203[.]0[.]113[.]10|(ip|ec2)-203-0-113-10',
    ]);
    expect(confidential).toBe(true);
  });

  test('reads paths with colons, one line once, and how much was left out', () => {
    const { lines, more, isCut } = parseSearch(
      [
        '/etc/a:b:3:x 10.0.1.5: y',
        '/lib/systemd/system/x.service:1:10.0.1.5',
        '/usr/lib/systemd/system/x.service:1:10.0.1.5',
        'total 400',
        'cut',
      ].join('\n'),
    );
    expect(lines.map(({ path, line }) => `${path} ${String(line)}`)).toEqual([
      '/etc/a:b 3',
      '/usr/lib/systemd/system/x.service 1',
    ]);
    expect([more, isCut]).toEqual([100, true]);
  });

  test('takes whole addresses only', () => {
    const octet = fc.integer({ min: 0, max: 255 }).map(String);
    fc.assert(
      fc.property(octet, octet, (one, other) => {
        const text = `x ${one}10.0.1.5${other} 10.0.1.5${other} 10.0.1.5/24 ${one}.10.0.1.5`;
        expect(naming([{ path: '/x', line: 1, text }], ['10.0.1.5'])).toEqual([]);
      }),
    );
    expect(naming([{ path: '/x', line: 1, text: 'a=ip-10-0-1-5.b' }], ['10.0.1.5'])).toHaveLength(
      1,
    );
  });
});
