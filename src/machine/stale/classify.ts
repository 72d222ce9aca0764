/**
 * What a stale address does where it stands: which kind of program reads the file, judged by path
 * and line alone, and how bad it is.
 */
import { addressTokensIn } from '../addresses/addresses';
import type { StaleLine } from './search';

/**
 * `stops`: containers or Docker itself do not start. `sends`: data goes to the old machine, or is
 * asked of it. `boots`: at the next boot the old address is back. `informs`: nothing reads it.
 */
export type Severity = 'stops' | 'sends' | 'boots' | 'informs';

/** A line that names an old address, without its text. */
export interface StalePlace {
  readonly path: string;
  readonly line: number;
  /** Kind of program that reads it. */
  readonly kind: string;
  readonly severity: Severity;
}

/** Path and text of a line, what reads it, how bad that is; without a text, any line. */
type Row = readonly [path: RegExp, kind: string, severity: Severity, text?: RegExp];

const docker =
  /^\/etc\/(docker\/(?!certs\.d\/)|(default|sysconfig)\/docker|init\/docker|init\.d\/docker)|\/systemd\/system\/docker\.(service|socket)/;
const noProxy = /\bno_proxy\b/i;
const addressFiles = /PRIVATE_ADDRESS|DAEMON_(HOST|ENDPOINT)|(default|sysconfig)\/replicated/;
const scripts =
  /^\/etc\/(rc|init\.d\/|init\/|cloud\/|cron|systemd\/|network\/if-)|^\/var\/(lib\/cloud\/scripts|spool\/cron)\/|\/systemd\/system\/|^\/usr\/local\/s?bin\//;

// The first that fits holds.
const rows: readonly Row[] = [
  [
    /(~|\.(bak|orig|old|save|swp|rpmsave|rpmorig|rpmnew|dpkg-\w+|ucf-\w+)|[.-]\d{8,})$/,
    'a copy that no program reads',
    'informs',
  ],
  [
    /^\/etc\/(hostname|mailname|machine-info|issue|motd)|^\/etc\/ssh\/(ssh_host_|ssh_known)/,
    'a name of the machine',
    'informs',
  ],
  [/^\/etc\/(ssl|pki|ca-certificates|selinux|apparmor)/, 'a certificate or policy', 'informs'],
  [/./, 'a comment', 'informs', /^\s*(#(?!!)|;|\/\/)/],
  // Replicated's own units give its containers their environment.
  [
    /\/replicated(-ui|-operator)?(\.service(\.d\/[^/]*)?|\.conf)?$/,
    'a unit of Replicated',
    'stops',
    /_ADDRESS|DAEMON_|ExecStart/,
  ],
  // Docker pulls the images of the app from the machine's own address, never through a proxy.
  [docker, 'Docker’s daemon (addresses that need no proxy)', 'stops', noProxy],
  [docker, 'Docker’s daemon (log driver)', 'sends', /udp:\/\//i],
  [
    docker,
    'Docker’s daemon (log driver)',
    'stops',
    /fluentd|syslog|gelf|splunk|logentries|log-(driver|opt)/i,
  ],
  [docker, 'Docker’s daemon (registries)', 'stops', /registr|mirror/i],
  [
    docker,
    'Docker’s daemon (its own address)',
    'stops',
    /hosts|tcp:\/\/|\bbip\b|"ip"|--ip|metrics-addr|advertise/i,
  ],
  [docker, 'Docker’s daemon', 'stops'],
  [/\/\.docker\/|^\/etc\/docker\/certs\.d\//, 'a login of Docker’s client', 'informs'],
  [/./, 'a list of addresses that need no proxy', 'informs', noProxy],
  [/\/circle-config\/no_proxy$/, 'a list of addresses that need no proxy', 'informs'],
  [scripts, 'a script that writes the address files anew', 'boots', addressFiles],
  [
    /^\/etc\/(rc\.local|rc\.d\/|rc\w?\.d\/|init\.d\/|cloud\/|network\/if-)|^\/var\/lib\/cloud\/scripts\//,
    'a boot script',
    'boots',
  ],
  [/^\/etc\/cron|^\/var\/spool\/cron\//, 'a cron job that runs at boot', 'boots', /@reboot/],
  [/^\/etc\/cron|^\/etc\/anacrontab|^\/var\/spool\/cron\//, 'a cron job', 'sends'],
  [
    /^\/etc\/(network\/interfaces|sysconfig\/network|netplan\/|systemd\/network\/|NetworkManager\/)/,
    'the network configuration',
    'boots',
  ],
  [/^\/etc\/ssh\/sshd_config/, 'the SSH server', 'boots', /ListenAddress/i],
  [/^\/var\/lib\/(dhcp|dhclient)/, 'a lease of DHCP', 'informs'],
  [/^\/etc\/hosts$/, 'the hosts file', 'sends'],
  [
    /^\/etc\/(resolv|dhcp\/|dnsmasq|unbound|bind\/|named|systemd\/resolved|nsswitch)|^\/run\/(resolvconf|systemd\/resolve)/,
    'the resolver',
    'sends',
  ],
  [/^\/etc\/(nomad|consul|vault)/, 'Nomad or its like', 'sends'],
  [
    /rsyslog|syslog|fluent|td-agent|filebeat|journalbeat|logstash|logspout|awslogs|log_files\.yml|promtail|vector\/|logentries|sumo|splunk|papertrail|systemd\/journal-(upload|remote)/i,
    'a log drain',
    'sends',
  ],
  [
    /telegraf|statsd|datadog|dd-agent|collectd|cloudwatch|prometheus|node_exporter|zabbix|nagios|nrpe|icinga|newrelic|sensu|munin|ganglia|snmp|monit\b|monit\/|metricbeat|carbon|graphite|wavefront|signalfx|instana|dynatrace|ossec|wazuh|auditbeat/i,
    'a monitoring agent',
    'sends',
  ],
  [
    /nginx|haproxy|squid|apache2|httpd|traefik|envoy|stunnel|tinyproxy|varnish|keepalived/i,
    'a proxy',
    'sends',
  ],
  [/iptables|ip6tables|ufw|nftables|firewalld|shorewall/i, 'a firewall rule', 'sends'],
  [/^\/etc\/(postfix|exim|ssmtp|msmtp|mail|aliases)/, 'the mail server', 'sends'],
  [/^\/etc\/(fstab|auto[._]|exports|samba)/, 'a mount', 'sends'],
  [
    /^\/etc\/(circleconfig\/|circle-installation-customizations)/,
    'a customisation of CircleCI',
    'sends',
  ],
  [/^\/etc\/replicated/, 'Replicated at its first start', 'informs'],
  [/^\/etc\/(environment|profile|bash|security\/pam_env)/, 'the environment of programs', 'sends'],
  [/\/systemd\/(system|user)\//, 'a unit of systemd', 'sends'],
  [/^\/etc\/init\//, 'a job of Upstart', 'sends'],
  [/^\/etc\/(default|sysconfig)\//, 'the options of a service', 'sends'],
  [/^\/usr\/local\/s?bin\//, 'a script', 'informs'],
  [/^\/opt\/|^\/usr\/local\/etc\/|^\/var\/awslogs\//, 'an agent’s configuration', 'sends'],
];

/** Says what reads a line with an old address, and how bad that is. */
export function classify({ path, line, text }: StaleLine): StalePlace {
  if (path === '/etc/hosts' && isOwnNameOnly(text)) {
    return { path, line, kind: 'the machine’s old name in the hosts file', severity: 'informs' };
  }
  const found = rows.find(
    ([of, , , wanted]) => of.test(path) && (wanted === undefined || wanted.test(text)),
  );
  const [, kind, severity] = found ?? [/./, 'a file that is not known', 'informs' as const];
  return { path, line, kind, severity };
}

/** Whether Docker's daemon reads the file, so that only its restart makes the change hold. */
export function isDockers(path: string): boolean {
  return docker.test(path);
}

/**
 * Lines of boot scripts that write the given files anew, whatever address they take; an address
 * that is put right there is gone with the next boot.
 */
export function writersOf(lines: readonly StaleLine[], files: readonly string[]): StalePlace[] {
  return lines
    .filter(
      ({ path, text }) => scripts.test(path) && !/^\s*#(?!!)/.test(text) && !isReplicateds(path),
    )
    .flatMap(({ path, line, text }) => {
      const file = files.find((one) => one !== path && text.includes(one));
      const isAddressFile = addressFiles.test(text);
      if (file === undefined && !isAddressFile) return [];
      const kind = isAddressFile
        ? 'a script that may write the address files anew'
        : `a script that may write ${file ?? ''} anew`;
      return [{ path, line, kind, severity: 'boots' as const }];
    });
}

function isReplicateds(path: string): boolean {
  return /\/replicated(-ui|-operator)?(-stop)?(\.service[^/]*(\/[^/]*)?|\.conf|\.override)?$/.test(
    path,
  );
}

/** `10.0.1.5 ip-10-0-1-5.ec2.internal ip-10-0-1-5`: address and names are old, and belong together. */
function isOwnNameOnly(text: string): boolean {
  const [address = '', ...names] = text.replace(/#.*/, '').trim().split(/\s+/);
  const own = `ip-${address.replaceAll('.', '-')}`;
  return (
    addressTokensIn(address).length === 1 &&
    names.length > 0 &&
    names.every((name) => name === own || name.startsWith(`${own}.`))
  );
}

/** What each severity means to a person. */
export const severities: Readonly<Record<Severity, string>> = {
  stops: 'keeps containers from starting',
  sends: 'sends data to the old machine, or asks it',
  boots: 'brings the old address back at a boot',
  informs: 'for your information',
};
