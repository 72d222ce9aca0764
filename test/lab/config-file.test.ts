import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/config';
import { pinOf } from '../../src/lab/keys';
import { seeded } from '../../src/lab/region/seed';
import { inFakeLab } from './region/fake-lab';

test('writes a configuration that the worker takes', () =>
  inFakeLab(
    async ({ lab, dir }) => {
      const config = loadConfig(lab.configPath);
      const { prod } = config.installations;
      expect(config.reports).toBe(join(dir, 'reports'));
      expect(prod).toMatchObject({
        region: 'us-east-1',
        servicesMachine: { tags: { Name: 'prod_services' } },
        hostname: seeded.hostname,
        reachedBy: { elasticIp: seeded.elasticIp },
        circleciApi: { url: lab.circleciUrl, tokenFile: join(dir, 'circleci_token') },
        ssh: {
          key: join(dir, 'services_ed25519'),
          hostKeys: lab.region.machines.get(seeded.servicesMachine)?.hostKeys.map(pinOf),
          bastion: { port: 2222, key: join(dir, 'bastion_ed25519') },
        },
      });
      expect(prod?.limits.poll).toBeLessThan(1);
      expect(statSync(join(dir, 'services_ed25519')).mode & 0o777).toBe(0o600);
      const { ec2Url, controlUrl, circleciUrl } = lab;
      const about: unknown = JSON.parse(readFileSync(join(dir, 'lab.json'), 'utf8'));
      expect(about).toEqual({ ec2Url, controlUrl, circleciUrl, bastionPort: 2222 });
      expect(readFileSync(join(dir, 'env'), 'utf8')).toContain(`AWS_ENDPOINT_URL_EC2=${ec2Url}\n`);
      await Promise.resolve();
    },
    { installation: { reachedBy: { elasticIp: seeded.elasticIp } } },
  ));

test('pins a key by the fingerprint that ssh-keygen shows', () => {
  const line =
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl github.com';
  expect(pinOf(line)).toBe('ssh-ed25519 SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU');
});
