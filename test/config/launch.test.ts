import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { stringify } from 'yaml';
import { ConfigError, loadConfig } from '../../src/config';
import { openWorld } from '../../src/world/open';

const folder = mkdtempSync(join(tmpdir(), 'runbook-config-'));
const file = join(folder, 'runbook.yaml');
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function write(settings: object): string {
  const prod = {
    region: 'us-east-1',
    servicesMachine: { instance: 'i-0123456789abcdef0' },
    hostname: 'circleci.example.com',
    ssh: { user: 'ubuntu', key: './services_ed25519' },
    ...settings,
  };
  writeFileSync(file, stringify({ installations: { prod } }));
  return file;
}

describe('types and subnets of a launch', () => {
  test.each(['m5.2xlarge', ['m5.2xlarge'], ['m5.2xlarge', 'm4.2xlarge']])('may be %p', (given) => {
    const { prod } = loadConfig(
      write({ launch: { instanceType: given, subnet: given } }),
    ).installations;
    expect(prod?.launch).toMatchObject({ instanceType: given, subnet: given });
  });

  test.each([
    [[]],
    [['m5.2xlarge', 'm5.2xlarge']],
    [''],
    [['']],
    [5],
    [['a', 'b', 'c', 'd', 'e', 'f', 'g']],
  ])('are not %p, and what they may be is said', (instanceType) => {
    const load = (): unknown => loadConfig(write({ launch: { instanceType } }));
    expect(load).toThrow(ConfigError);
    expect(load).toThrow(
      'installations.prod.launch.instanceType: is an instance type, or a list of up to 6 different ones',
    );
  });

  test('of a spare, a drill and a copy may be lists as well', () => {
    const group = 'sg-0123456789abcdef0';
    const both = { subnet: ['subnet-1', 'subnet-2'], instanceType: ['m5.2xlarge', 'm4.2xlarge'] };
    const { prod } = loadConfig(
      write({
        copies: [{ region: 'us-west-2', launch: { ...both, securityGroups: [group] } }],
        spare: {
          region: 'us-west-2',
          ...both,
          securityGroups: [group],
          quarantineSecurityGroup: group,
        },
        drill: { ...both, quarantineSecurityGroup: group },
      }),
    ).installations;
    expect([prod?.copies?.[0]?.launch, prod?.spare, prod?.drill]).toMatchObject([both, both, both]);
  });
});

describe('a file that is read again', () => {
  test('tells what it has by now, and what was read before stays as it is', () => {
    const config = loadConfig(write({ launch: { instanceType: 'm4.2xlarge' } }));
    const world = openWorld(config, () => loadConfig(file));
    write({ launch: { instanceType: 'm5.2xlarge' } });
    expect(world.installationAnew('prod').launch.instanceType).toBe('m5.2xlarge');
    expect(world.installation('prod').launch.instanceType).toBe('m4.2xlarge');
  });

  test.each([
    [
      'a setting that is none',
      stringify({ installations: { prod: { region: 5 } } }),
      'prod.region',
    ],
    ['a text that is no YAML', 'installations:\n  prod: [\n', 'line'],
  ])('with %s is refused, and where it is wrong is told', (_, text, where) => {
    const config = loadConfig(write({}));
    const world = openWorld(config, () => loadConfig(file));
    writeFileSync(file, text);
    const read = (): unknown => world.installationAnew('prod');
    expect(read).toThrow(ApplicationFailure);
    expect(read).toThrow(where);
    expect(read).toThrow('Nothing of it is used');
    expect(world.installation('prod').region).toBe('us-east-1');
  });
});
