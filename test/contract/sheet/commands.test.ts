/** The commands of a sheet, held against those of the runbooks and run by the bash of this computer. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { byHand, word } from '../../../src/contract/sheet/by-hand';
import { makeSheet } from '../../../src/contract/sheet/sheet';
import { rewriteAddresses } from '../../../src/machine/addresses/addresses';
import * as commands from '../../../src/machine/shell/commands';
import { golden } from '../../machine/addresses/address-files';
import { commandsOf, facts, poison, poisoned } from './sample-facts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sheet-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function bash(script: string, ...args: string[]): string {
  const { stdout, stderr } = spawnSync('/bin/bash', ['-c', script, 'bash', ...args], {
    cwd: folder,
    encoding: 'latin1',
  });
  return stdout + stderr;
}

describe('a command by hand', () => {
  test('does with its values in place what the runbook does with arguments', () => {
    const script = `printf '<%s>' "$1" "$2"; for one in "$@"; do printf '[%s]' "$one"; done`;
    const texts = fc.string({ unit: 'grapheme-ascii', maxLength: 12 });
    const values = fc.oneof(texts, fc.constantFrom(poison, '', '-n', '~', '$1', '$&', '"$2"'));
    fc.assert(
      fc.property(values, values, (one, other) => {
        const command = { script, args: [one, other], timeoutSeconds: 1 };
        expect(bash(byHand(command))).toBe(bash(script, one, other));
      }),
      { numRuns: 40 },
    );
  });

  test('that exits does not end the shell that a person types into', () => {
    const said = bash(
      `${byHand({ script: 'exit 3', args: [], timeoutSeconds: 1 })}; echo "then $?"`,
    );
    expect(said).toBe('then 3\n');
  });

  test.each([
    ['us-east-1', 'us-east-1'],
    ['/etc/default/replicated', '/etc/default/replicated'],
    ['a b', "'a b'"],
    ['~ubuntu', "'~ubuntu'"],
    ['=ls', "'=ls'"],
    ['', "''"],
  ])('writes %j as %s', (value, expected) => {
    expect(word(value)).toBe(expected);
  });
});

describe('the commands of a sheet', () => {
  test('on the machine are those of the runbooks', () => {
    const all = commandsOf(makeSheet(facts)).join('\n');
    const same = [
      ...[commands.readOwnAddresses, commands.stopApp, commands.readAppStatus],
      ...[commands.readContainers, commands.forceStopApp, commands.readItem('hostname')],
      ...[commands.readUrlOverride, commands.readMounts, commands.restartReplicatedBySystemd],
      ...[commands.restartReplicatedByUpstart, commands.readSystemStatus, commands.startApp],
      ...[commands.readLocalAddress, commands.readOperatorEndpoint],
      ...[commands.readNomadServers, commands.readNomadClients],
    ];
    expect(same.filter(({ script }) => !all.includes(script))).toEqual([]);
    for (const url of Object.values(commands.healthUrls)) expect(all).toContain(url);
    expect(all).toContain(commands.setHostname('').script.replace('"$1"', facts.hostname));
    expect(all).toContain('\nsudo rm -rf /opt/nomad\n');
  });

  test('follow the order of the document, with what it leaves out', () => {
    const { sections } = makeSheet(facts);
    const titles = sections.flatMap(({ steps = [] }) => steps.map(({ title }) => title));
    expect(titles).toEqual([
      'Before you begin',
      '1. Launch an instance from the image',
      'On the new machine: be root, and say where it is',
      '2. Stop the app',
      '3. Fix the hostname',
      '4. Update the IP addresses',
      '5. Remove /opt/nomad',
      'Restart Replicated on its new addresses',
      '6. Restart the app',
      'Verify the app',
    ]);
  });

  test('are bash, also with values that are not meant well', () => {
    for (const sample of [facts, poisoned]) {
      for (const run of commandsOf(makeSheet(sample))) {
        const { status, stderr } = spawnSync('/bin/bash', ['-n', '-c', run], { encoding: 'utf8' });
        expect([run, status, stderr]).toEqual([run, 0, '']);
      }
    }
  });

  test('hand every value to AWS as it was', () => {
    const [launch = ''] = commandsOf(makeSheet(poisoned), '1. Launch an instance from the image');
    const said = bash(`aws() { printf '%s\\0' "$@" >asked; }; ${launch}`);
    expect(said).toBe('\n');
    expect(readdirSync(folder)).toEqual(['asked']);
    const asked = readFileSync(join(folder, 'asked'), 'utf8').split('\0');
    const after = (option: string): string => asked[asked.indexOf(option) + 1] ?? '';
    expect(after('--instance-type')).toBe(poison);
    expect(after('--key-name')).toBe(poison);
    expect(after('--iam-instance-profile')).toBe(`Name=${poison}`);
    expect(JSON.parse(after('--tag-specifications'))).toEqual([
      {
        ResourceType: 'instance',
        Tags: [
          { Key: 'Name', Value: poison },
          { Key: poison, Value: 'a,b' },
        ],
      },
    ]);
    expect(existsSync(join(folder, 'pwned'))).toBe(false);
  });

  test('leave out what the machine does not have', () => {
    const { keyPair: _, instanceProfile: __, ...launch } = facts.launch;
    const bare = makeSheet({
      ...facts,
      launch: { ...launch, terminationProtection: false },
      login: { user: 'ubuntu', port: 22, address: 'public' },
    });
    const all = commandsOf(bare).join('\n');
    expect(all).not.toMatch(/--key-name|--iam-instance-profile|--disable-api-termination| -J /);
    expect(all).toContain('ssh \\\n  ubuntu@"$NEW_PUBLIC"'.replace(' \\\n ', ''));
  });

  test('move the Elastic IP before the addresses are read', () => {
    const elasticIp = 'eipalloc-0123456789abcdef0';
    const all = commandsOf(
      makeSheet({ ...facts, elasticIp }),
      '1. Launch an instance from the image',
    );
    const moves = all.findIndex((run) => run.startsWith('aws ec2 associate-address'));
    const reads = all.findIndex((run) => run.includes('PublicIpAddress'));
    expect(all[moves]).toContain(`--allocation-id ${elasticIp} --instance-id "$NEW_INSTANCE"`);
    expect(moves).toBeLessThan(reads);
    expect(moves).toBeGreaterThan(0);
  });

  test.each([
    ['203.0.113.10', '"${NEW_PUBLIC:-$NEW_PRIVATE}"'],
    ['10.0.1.5', '"$NEW_PRIVATE"'],
    ['circleci.example.com', 'circleci.example.com'],
  ])('set the hostname %s as %s', (hostname, spelled) => {
    const all = commandsOf(makeSheet({ ...facts, hostname }), '3. Fix the hostname');
    expect(all).toContain(
      `/usr/local/bin/replicatedctl app-config set hostname --value ${spelled}`,
    );
  });
});

describe('the addresses by hand', () => {
  const outer = '54.210.11.12';
  const sheet = makeSheet({ ...facts, record: { ...facts.record, publicAddress: outer } });
  const typed = [
    "OLD_PRIVATE='10.0.1.5'; OLD_PUBLIC='54.210.11.12'",
    'NEW_PRIVATE=10.0.9.77; NEW_PUBLIC=3.80.7.8',
    ...commandsOf(sheet, '4. Update the IP addresses').filter((run) => /^(change|if)\b/.test(run)),
  ];
  const byProduct = (text: string): string =>
    rewriteAddresses(text, {
      private: { old: '10.0.1.5', new: '10.0.9.77' },
      public: { old: outer, new: '3.80.7.8' },
    }).content;

  function changed(texts: readonly string[]): string[] {
    const files = texts.map((text, index) => {
      const file = join(folder, `file-${String(index)}`);
      writeFileSync(file, text, 'latin1');
      return file;
    });
    expect(bash([`FILES='${files.join(' ')}'`, ...typed].join('\n'))).toBe('');
    return files.map((file) => readFileSync(file, 'latin1'));
  }

  test('are replaced in every form that the installer has written', () => {
    const files = Object.values(golden);
    expect(changed(files.map(({ before }) => before))).toEqual(files.map(({ after }) => after));
  });

  test('are replaced as instruction 4 of a restore replaces them', () => {
    const address = fc.constantFrom('10.0.1.5', outer, '10.0.1.50', '110.0.1.5', '10.0.1.5.6');
    const name = fc.constantFrom(
      'ip-10-0-1-5',
      'ec2-54-210-11-12',
      'ip-10-0-1-55',
      'x-ip-10-0-1-5',
    );
    const glue = fc.constantFrom(
      ...Array.from(' ,;:="\'[]()/-_.x\r\n'),
      ':9879',
      '/24',
      '/32',
      '/8',
      '.ec2',
      '. ',
    );
    const text = fc
      .array(fc.oneof(address, name, glue), { minLength: 50, maxLength: 300 })
      .map((t) => t.join(''));
    fc.assert(
      fc.property(text, (before) => {
        expect(changed([before])).toEqual([byProduct(before)]);
      }),
      { numRuns: 60 },
    );
  });

  test('give no public address on where the new machine has none', () => {
    const given = (opts: string): string => `REPLICATED_OPERATOR_OPTS="${opts} -e TAGS=local"\n`;
    const file = join(folder, 'operator');
    writeFileSync(file, given(` -e PUBLIC_ADDRESS=${outer} -e X=${outer}0`));
    const none = typed.join('\n').replace('NEW_PUBLIC=3.80.7.8', 'NEW_PUBLIC=');
    expect(bash(`FILES=${file}\n${none}`)).toBe('');
    expect(readFileSync(file, 'utf8')).toBe(given(` -e X=${outer}0`));
  });

  test('are not replaced by nothing', () => {
    const file = join(folder, 'file');
    writeFileSync(file, 'PRIVATE_ADDRESS=10.0.1.5\n');
    const said = bash(
      [`FILES=${file}`, ...typed].join('\n').replace('NEW_PRIVATE=10.0.9.77', 'NEW_PRIVATE='),
    );
    expect(said).toContain('NEW_PRIVATE: is empty: type it first');
    expect(readFileSync(file, 'utf8')).toBe('PRIVATE_ADDRESS=10.0.1.5\n');
  });
});
