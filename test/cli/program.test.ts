import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { runCommandLine } from '../../src/cli/program';
import { paperTerminal } from './terminal';

async function run(...args: string[]) {
  const terminal = paperTerminal();
  const status = await runCommandLine(args, terminal);
  return { status, ...terminal.said };
}

const commands = [
  ...['up', 'worker', 'lab', 'demo', 'backup', 'restore', 'clean-up-builds', 'schedules'],
  ...['approve', 'reject', 'retry', 'skip', 'abort'],
  ...['status', 'list', 'backups', 'check', 'sheet', 'report', 'doctor', 'watch'],
];

describe('help', () => {
  it('lists every command and every exit status', async () => {
    const { status, out } = await run('--help');
    expect(status).toBe(0);
    for (const command of commands) expect(out).toMatch(new RegExp(`^ +${command}\\b`, 'm'));
    for (const number of [0, 1, 2, 3, 4, 5]) expect(out).toMatch(new RegExp(`^ +${number}  `, 'm'));
  });

  it.each(commands)('of %s shows an example and takes --json', async (command) => {
    const { status, out } = await run(command, '--help');
    expect(status).toBe(0);
    expect(out).toMatch(/Example:\n +(\w+=\S+ )?runbook /);
    expect(out).toContain('--json');
  });

  it('of schedules says that nothing is deleted without being told to', async () => {
    expect((await run('schedules', '--help')).out).toMatch(/--delete +with apply: also delete/);
  });

  it('is shown, as wrong usage, when no command is given', async () => {
    const { status, err } = await run();
    expect(status).toBe(2);
    expect(err).toContain('Usage: runbook');
  });

  it('answers without loading an SDK', () => {
    const probe = [
      `process.argv = ['node', 'runbook', '--help'];`,
      `process.on('exit', () => {`,
      `  const loaded = Object.keys(require.cache).filter((path) =>`,
      `    /@temporalio|@aws-sdk|@grpc|ssh2|just-bash/.test(path));`,
      `  process.stderr.write(JSON.stringify(loaded));`,
      `});`,
      `require('@swc/core');`,
      `const swc = require('@swc/core'); const fs = require('fs');`,
      `require.extensions['.ts'] = (module, file) => module._compile(swc.transformFileSync(file, {`,
      `  jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' },`,
      `}).code, file);`,
      `require(${JSON.stringify(join(__dirname, '../../src/cli/main.ts'))});`,
    ].join('\n');
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', probe], { encoding: 'utf8' });
    expect(stdout).toContain('Usage: runbook');
    expect(stderr).toBe('[]');
  });
});

describe('wrong usage ends with status 2', () => {
  it.each([
    ['an unknown command', ['resotre', 'prod'], /unknown command/],
    ['a missing argument', ['restore'], /missing required argument/],
    ['an unknown option', ['backup', 'prod', '--fast'], /unknown option/],
    ['a bad image id', ['restore', 'prod', '--image', 'newest'], /image: is an image id/],
    ['an answer without a name', ['approve', 'restore-prod'], /--by NAME/],
    ['a skip without a reason', ['skip', 'restore-prod', '--by', 'ana'], /needs a reason/],
    ['a bad limit', ['list', '--limit', 'many'], /whole number/],
    ['a bad port', ['up', '--port', '99999'], /port number/],
    ['a word that schedules does not know', ['schedules', 'aply'], /schedules apply/],
    ['a dry run of a list', ['schedules', '--dry-run'], /schedules apply/],
    ['deleting by a list', ['schedules', '--delete'], /schedules apply/],
    ['a bad format', ['report', 'restore-prod', '--format', 'pdf'], /md or json/],
  ])('for %s', async (_what, args, message) => {
    const { status, err } = await run(...args);
    expect(status).toBe(2);
    expect(err).toMatch(message);
  });

  it('tells a program in JSON', async () => {
    const { out } = await run('restore', 'prod', '--image', 'newest', '--json');
    expect(JSON.parse(out)).toEqual({
      error: { status: 2, message: 'image: is an image id: ami-…' },
    });
  });
});

describe('without Temporal', () => {
  const before = process.env['TEMPORAL_ADDRESS'];
  beforeAll(() => {
    // Nothing listens on port 1.
    process.env['TEMPORAL_ADDRESS'] = '127.0.0.1:1';
  });
  afterAll(() => {
    if (before === undefined) delete process.env['TEMPORAL_ADDRESS'];
    else process.env['TEMPORAL_ADDRESS'] = before;
  });

  it('every command that needs it ends with status 4 and says what to do', async () => {
    const needy = [['backup', 'prod'], ['approve', 'restore-prod', '--by', 'ana'], ['list']];
    for (const { status, err } of await Promise.all(needy.map((args) => run(...args)))) {
      expect(status).toBe(4);
      expect(err).toMatch(/Cannot reach Temporal at 127\.0\.0\.1:1[\s\S]+runbook up/);
    }
  });
});
