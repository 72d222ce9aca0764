/** Places of a machine that name its old addresses, or seem to. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What each place says; the old addresses are 10.0.1.5 and 203.0.113.10. */
const staleFiles: Readonly<Record<string, string>> = {
  '/etc/docker/daemon.json':
    '{\n  "log-driver": "fluentd",\n  "log-opts": { "fluentd-address": "10.0.1.5:24224" }\n}\n',
  '/etc/cron.d/push': '*/5 * * * * root curl -u ops:hunter2 http://10.0.1.5/ping\n',
  '/etc/rc.local': '#!/bin/sh\nsed -i s/x/10.0.1.5/ /etc/default/replicated\nexit 0\n',
  '/etc/rsyslog.d/60-drain.conf': '*.* @@ec2-203-0-113-10.compute-1.amazonaws.com:514\n',
  '/var/lib/cloud/scripts/per-boot/10-addresses': '#!/bin/sh\nA=ip-10-0-1-5\n',
  '/var/spool/cron/root': '@daily rsync /data 203.0.113.10:\n',
};

/** What looks like one of them and is not, or cannot be read as text. */
const others: Readonly<Record<string, string>> = {
  '/etc/networks.conf': 'net 10.0.1.5/24\nhost 10.0.1.50\nhost 110.0.1.5\nip-10-0-1-50\n',
  '/etc/blob.bin': '\0\0 10.0.1.5 \0',
  '/etc/large.log': `${'x'.repeat(2_000_000)}\n10.0.1.5\n`,
};

/** Writes them, and a loop of links beside them. */
export function seedStalePlaces(root: string): void {
  for (const [path, content] of Object.entries({ ...staleFiles, ...others })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  symlinkSync('.', join(root, 'etc/loop'));
}

/** Where the machine of every lab names them from the beginning, without its address files. */
export const seededMentions = [
  '/etc/hostname:1',
  '/etc/hosts:2',
  '/etc/replicated.conf:1',
  '/var/lib/replicated/circle-config/no_proxy:1',
] as const;

/** Lines of the places that name an old address. */
export const staleLines = [
  '/etc/cron.d/push:1',
  '/etc/docker/daemon.json:3',
  '/etc/rc.local:2',
  '/etc/rsyslog.d/60-drain.conf:1',
  '/var/lib/cloud/scripts/per-boot/10-addresses:2',
  '/var/spool/cron/root:1',
] as const;

/** Address files and the machine's own host keys, which a clone makes anew, are not among them. */
export function isElsewhere(place: string): boolean {
  return !/\/replicated(-operator)?:|\/ssh_host_/.test(place);
}
