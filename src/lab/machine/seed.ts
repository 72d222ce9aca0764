/** The files of a fresh Services machine, as the installers of Replicated and CircleCI leave them. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MachinePlace, MachineProfile } from '../shapes';
import { hostnameOf } from './core';
import { seedNomad } from './nomad';
import { plantedSecrets } from './planted-secrets';
import type { DurableState } from './state';
import { systemOf, systems, unitFiles } from './systems';

const { daemonToken, oauthSecret, passphrase, privateKey } = plantedSecrets;

/** Writes the files of a machine that was installed at its address. */
export function seedFiles(place: MachinePlace, profile: MachineProfile): void {
  const root = join(place.folder, 'root');
  const files = {
    ...addressFiles(place, profile),
    ...systemFiles(place, profile),
    ...dataFiles(place),
    ...homeFiles(profile),
  };
  for (const [path, content] of Object.entries(files)) {
    put(root, path, content);
  }
  for (const name of [
    'etc/cron.d',
    'etc/systemd/system',
    'opt',
    'root',
    'run',
    'tmp',
    'var/lib/docker',
    'var/log',
  ]) {
    mkdirSync(join(root, name), { recursive: true });
  }
  mkdirSync(join(root, 'data/circle/storage-fileserver'), { recursive: true });
  symlinkSync('../run/lock', join(root, 'var/lock'));
  seedNomad(root, place.privateAddress);
}

function addressFiles(place: MachinePlace, profile: MachineProfile): Record<string, string> {
  // As the installer chooses: /etc/sysconfig only where systemd runs.
  const inSysconfig = profile.distribution === 'rhel' && profile.init === 'systemd';
  const folder = inSysconfig ? 'etc/sysconfig' : 'etc/default';
  const { privateAddress: address, publicAddress } = place;
  const node = `-e LOG_LEVEL=info -e NODENAME=${hostnameOf(address)}.ec2.internal`;
  const logs = '--log-opt max-size=50m --log-opt max-file=3';
  const outside = publicAddress === undefined ? '' : `-e PUBLIC_ADDRESS=${publicAddress} `;
  return {
    [`${folder}/replicated`]: lines(
      'RELEASE_CHANNEL=stable',
      `PRIVATE_ADDRESS=${address}`,
      'SKIP_OPERATOR_INSTALL=0',
      `REPLICATED_OPTS=" -e DAEMON_TOKEN=${daemonToken} ${node} ${logs}"`,
      `REPLICATED_UI_OPTS=" ${logs}"`,
    ),
    [`${folder}/replicated-operator`]: lines(
      'RELEASE_CHANNEL=stable',
      `DAEMON_ENDPOINT=${address}:9879`,
      `DAEMON_TOKEN=${daemonToken}`,
      `DAEMON_HOST=${address}`,
      `PRIVATE_ADDRESS=${address}`,
      `REPLICATED_OPERATOR_OPTS=" ${outside}-e TAGS=local ${node} ${logs}"`,
    ),
  };
}

function systemFiles(place: MachinePlace, profile: MachineProfile): Record<string, string> {
  const name = hostnameOf(place.privateAddress);
  return {
    ...systems[systemOf(profile)].release,
    ...unitFiles(profile.init),
    'etc/hostname': lines(name),
    'etc/hosts': lines(
      '127.0.0.1 localhost',
      `${place.privateAddress} ${name}.ec2.internal ${name}`,
    ),
    'etc/environment': lines('PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"'),
    'etc/replicated.conf': `{"TLSBootstrapType": "self-signed", "LocalAddress": "${place.privateAddress}"}\n`,
    'etc/replicated.alias': lines('alias circleci="replicated admin"'),
    'etc/circle-installation-customizations': lines('# Customizations of this installation'),
    'var/lib/cloud/data/instance-id': lines(place.instanceId),
  };
}

function dataFiles(place: MachinePlace): Record<string, string> {
  return {
    'data/circle/mongo/WiredTiger': 'WiredTiger\n',
    'data/circle/mongo/collection-0.wt': 'circle_ghe.builds\n',
    'data/circle/postgres/9.5/data/PG_VERSION': '9.5\n',
    'data/circle/postgres/9.5/data/base/1': 'conductor_production\n',
    'data/circle/contexts-vault/vault-init-out': `Unseal Key 1: ${passphrase}\n`,
    'data/circle/circleci-encryption-keys/crypt-keyset': '{"primaryKeyId":1}\n',
    'data/circle/circleci-encryption-keys/sign-keyset': '{"primaryKeyId":2}\n',
    'var/lib/replicated/circle-config/no_proxy': `${place.privateAddress},127.0.0.1\n`,
    'var/lib/replicated/secrets/key': 'AES-GCM\n',
    'var/lib/replicated-operator/replicated-operator.conf':
      '{"OperatorID":"c2b4118080d64cd070a1dd08cf19a9a8"}',
  };
}

function homeFiles(profile: MachineProfile): Record<string, string> {
  const { user } = systems[systemOf(profile)];
  const key = lines(profile.authorizedKey.trim());
  return {
    'etc/passwd': lines(
      'root:x:0:0:root:/root:/bin/bash',
      `${user}:x:1000:1000::/home/${user}:/bin/bash`,
    ),
    'etc/group': lines('root:x:0:', `${user}:x:1000:`),
    [`home/${user}/.ssh/authorized_keys`]: key,
    [`home/${user}/.ssh/id_rsa`]: privateKey,
    'root/.ssh/authorized_keys': key,
  };
}

const secretFiles = /\.ssh\/|vault-init-out|secrets\//;

function put(root: string, path: string, content: string): void {
  const target = join(root, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, content);
  // The process's own umask must not show in the machine's files.
  chmodSync(target, secretFiles.test(path) ? 0o600 : 0o644);
}

function lines(...text: string[]): string {
  return text.map((line) => `${line}\n`).join('');
}

/** The facts that the daemon keeps on disk. */
export function seedState(place: MachinePlace, profile: MachineProfile): DurableState {
  const { hostname } = profile;
  const project = `https://${hostname}/gh/acme`;
  const now = place.surroundings.clock.now();
  const minutesAgo = (minutes: number): string => new Date(now - minutes * 60_000).toISOString();
  return {
    distribution: profile.distribution,
    init: profile.init,
    system: systemOf(profile),
    replicatedVersion: profile.replicatedVersion ?? '2.38.6',
    provesBySha1: profile.provesBySha1 ?? false,
    serverVersion: '2.19.3',
    app: {
      id: 'edd9471be0bc4ea04dfca94718ddf621',
      sequence: 2439,
      desired: 'started',
      lastModifiedAt: minutesAgo(0),
    },
    config: configOf(hostname),
    imagesAddress: place.privateAddress,
    builds: [
      { url: `${project}/web/1201`, status: 'running', startedAt: minutesAgo(12) },
      { url: `${project}/web/1202`, status: 'running', startedAt: minutesAgo(9) },
      { url: `${project}/api/77`, status: 'running', startedAt: minutesAgo(3) },
      { url: `${project}/web/1200`, status: 'success', startedAt: minutesAgo(20) },
    ],
    cloudInit: 'obeys',
    nomadLayout: 'old',
    foreignContainers: [],
    withoutLabels: false,
  };
}

function configOf(hostname: string): DurableState['config'] {
  return {
    hostname: { value: hostname },
    // Builds run on other machines, as on every installation with Nomad clients.
    allow_cluster: { value: '1' },
    aws_region: { value: 'us-east-1' },
    s3_bucket: { value: 'acme-circleci-storage' },
    sqs_queue_url: { value: 'https://sqs.us-east-1.amazonaws.com/123456789012/acme-shutdown' },
    storage_backend: { value: 'storage_backend_s3' },
    license_agreement: { value: 'license_agreement_agree' },
    ghe_type: { value: 'github_type_public' },
    ghe_client_id: { value: 'a1b2c3d4e5f6a7b8c9d0' },
    ghe_client_secret: { value: oauthSecret, hidden: true },
    secret_passphrase: { value: passphrase, hidden: true },
    ssl_cert: {},
    ssl_private_key: {
      value: 'privkey.pem',
      data: Buffer.from(privateKey).toString('base64'),
      hidden: true,
    },
  };
}
