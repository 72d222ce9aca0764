import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = join(__dirname, '..');

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}

/** Cruises a small project of these files under the rules of this one. */
function cruise(files: Readonly<Record<string, string>>): readonly Violation[] {
  const folder = mkdtempSync(join(tmpdir(), 'layers-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'tsconfig.json'), readFileSync(join(root, 'tsconfig.json'), 'utf8'));
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [
        join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
        ...['--config', join(root, '.dependency-cruiser.js'), '--output-type', 'json', 'src'],
      ],
      { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
    );
    if (stdout === '') {
      throw new Error(`dependency-cruiser printed nothing; ${stderr}`);
    }
    const result = JSON.parse(stdout) as { summary: { violations: Violation[] } };
    return result.summary.violations;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What every file of the small project may import. */
const innocent = {
  'src/contract/requests.ts': "import { z } from 'zod';\nexport const request = z.string();\n",
  'src/machine/commands.ts': 'export const stopApp = 1;\nexport interface Command {}\n',
  'src/machine/addresses.ts': 'export const rewrite = 1;\n',
  'src/machine/backups/record-tags.ts': 'export const decodeRecord = 1;\n',
  'src/config/index.ts': "import 'node:fs';\nexport interface Config {}\nexport const load = 1;\n",
  'src/world/index.ts': 'export interface World {}\nexport const world = 1;\n',
  'src/world/ec2/index.ts': "import '@aws-sdk/client-ec2';\n",
  'src/world/ssh/index.ts':
    "import 'ssh2';\nimport '@temporalio/common';\nimport '../../contract/requests';\n",
  'src/activities/index.ts':
    "import '@temporalio/activity';\nimport type { World } from '../world';\n" +
    'export type Activities = World;\nexport const createActivities = 1;\n',
  'src/activities/frame/attempt.ts': 'export const attempted = 1;\n',
  'src/activities/parts/app/stop.ts': "import '../../frame/attempt';\nexport const stop = 1;\n",
  'src/activities/drill/end.ts': "import '../parts/app/stop';\nexport type End = 1;\n",
  'src/activities/drill/launch.ts':
    "import type { End } from './end';\nexport type Launch = End;\n",
  'src/workflows/frame/steps.ts': 'export const step = 1;\n',
  'src/workflows/launching/launch.ts': "import '../frame/steps';\n",
  'src/workflows/restore.ts': "import './launching/launch';\n",
  'src/workflows/index.ts':
    "import '@temporalio/workflow';\nimport '../machine/commands';\n" +
    "import type { Activities } from '../activities';\nexport type All = Activities;\n",
  'src/lab/lab.ts': "import 'ssh2';\nimport 'node:http';\nimport '../machine/commands';\n",
  'src/cli/main.ts':
    "import type { Command } from '../machine/commands';\nimport '../machine/backups/record-tags';\n" +
    "import '@temporalio/client';\nimport type { All } from '../workflows';\n",
  'src/cli/commands/doctor.ts': "export const doctor = async () => import('../../world');\n",
  'src/worker.ts':
    "import '@temporalio/worker';\nimport './config';\nimport './world';\nimport './activities';\n",
  'test/story.ts': "import '../src/lab/lab';\n",
  'scripts/any.ts': 'export const any = 1;\n',
};

/** One file for each thing that must not be: the rule it breaks, where it stands, its import. */
const wrong: readonly (readonly [rule: string, path: string, text: string])[] = [
  ['no-circular', 'src/machine/ring-two.ts', "import './ring';"],
  ['every-import-resolves', 'src/machine/lost.ts', "import './nowhere';"],
  ['contract-speaks-for-all-sides', 'src/contract/a.ts', "import 'node:fs';"],
  ['contract-speaks-for-all-sides', 'src/contract/b.ts', "import '@temporalio/client';"],
  ['contract-speaks-for-all-sides', 'src/contract/c.ts', "import type { World } from '../world';"],
  ['machine-is-pure', 'src/machine/a.ts', "import 'node:crypto';"],
  ['machine-is-pure', 'src/machine/b.ts', "import '@temporalio/common';"],
  ['machine-is-pure', 'src/machine/c.ts', "import '../contract/requests';"],
  ['workflows-are-deterministic', 'src/workflows/a.ts', "import 'node:crypto';"],
  ['workflows-are-deterministic', 'src/workflows/b.ts', "import '../world';"],
  ['workflows-are-deterministic', 'src/workflows/c.ts', "import '@temporalio/activity';"],
  ['workflows-know-activities-by-type', 'src/workflows/d.ts', "import '../activities';"],
  ['activities-stand-between-machine-and-world', 'src/activities/a.ts', "import 'node:fs';"],
  ['activities-stand-between-machine-and-world', 'src/activities/b.ts', "import 'ssh2';"],
  ['activities-are-given-their-world', 'src/activities/c.ts', "import '../world';"],
  ['an-activity-calls-no-neighbour', 'src/activities/spare/a.ts', "import '../drill/end';"],
  ['an-activity-calls-no-neighbour', 'src/activities/drill/b.ts', "import './end';"],
  ['parts-know-no-step', 'src/activities/parts/app/a.ts', "import '../../drill/end';"],
  ['the-frame-carries-the-parts', 'src/activities/frame/a.ts', "import '../parts/app/stop';"],
  ['the-frame-carries-the-parts', 'src/activities/parts/machine/a.ts', "import '../app/stop';"],
  ['the-frame-carries-the-parts', 'src/activities/parts/instances/a.ts', "import '../app/stop';"],
  ['the-runbook-comes-last', 'src/workflows/frame/a.ts', "import '../launching/launch';"],
  ['the-runbook-comes-last', 'src/workflows/launching/b.ts', "import '../restore';"],
  ['world-knows-no-runbook', 'src/world/a.ts', "import '../activities';"],
  ['world-fails-in-temporal-terms-only', 'src/world/b.ts', "import '@temporalio/activity';"],
  ['one-door-per-outside-world', 'src/world/c.ts', "import '@aws-sdk/client-ec2';"],
  ['one-door-per-outside-world', 'src/world/d.ts', "import type { Client } from 'ssh2';"],
  ['one-door-per-outside-world', 'src/cli/a.ts', "import 'ssh2';"],
  ['one-door-per-outside-world', 'src/lab/a.ts', "import '@aws-sdk/client-ec2';"],
  ['the-lab-stays-in-the-lab', 'src/cli/b.ts', "import '../lab/lab';"],
  ['the-lab-stays-in-the-lab', 'src/world/e.ts', "import '../lab/lab';"],
  ['the-lab-imports-nothing-of-the-product', 'src/lab/b.ts', "import '../contract/requests';"],
  ['the-lab-knows-no-temporal', 'src/lab/c.ts', "import '@temporalio/common';"],
  ['cli-starts-the-rest-as-processes', 'src/cli/c.ts', "import '../activities';"],
  ['cli-names-workflows-by-string', 'src/cli/d.ts', "import '../workflows';"],
  [
    'cli-reads-records-and-no-more-of-the-machine',
    'src/cli/e.ts',
    "import '../machine/addresses';",
  ],
  ['cli-looks-at-the-world-in-few-commands', 'src/cli/f.ts', "void import('../world');"],
  ['cli-loads-the-world-when-asked', 'src/cli/commands/backups.ts', "import '../../config';"],
  ['cli-is-a-client-of-temporal', 'src/cli/g.ts', "import '@temporalio/workflow';"],
  ['src-stands-without-tests', 'src/cli/temporal/h.ts', "import '@temporalio/testing';"],
  ['worker-is-the-composition-root', 'src/worker.ts', "import './workflows';"],
  ['only-the-worker-runs-workflows', 'src/world/f.ts', "import '@temporalio/worker';"],
  ['nothing-but-the-worker-needs-the-worker', 'src/cli/i.ts', "import '../worker';"],
  ['config-stands-alone', 'src/config/index.ts', "import '../world';"],
  ['src-stands-without-tests', 'src/cli/j.ts', "import '../../scripts/any';"],
  ['src-stands-without-tests', 'src/lab/d.ts', "import 'playwright-core';"],
];

describe('the import rules', () => {
  it('let a project through that keeps to them', () => {
    expect(cruise(innocent)).toEqual([]);
  });

  describe('when each is broken once', () => {
    let broken: readonly Violation[];
    beforeAll(() => {
      broken = cruise({
        ...innocent,
        'src/machine/ring.ts': "import './ring-two';\n",
        ...Object.fromEntries(wrong.map(([, path, text]) => [path, `${text}\n`])),
      });
    });

    it.each(wrong)('"%s" is reported for %s: %s', (rule, path) => {
      const reported = broken.filter(({ from }) => from === path).map((each) => each.rule.name);
      expect(reported).toContain(rule);
    });

    it('leave none that has never been seen to fail', () => {
      const { forbidden } = jest.requireActual<{ forbidden: { name: string }[] }>(
        '../.dependency-cruiser.js',
      );
      const seen = new Set(wrong.map(([rule]) => rule));
      expect(forbidden.map(({ name }) => name).filter((name) => !seen.has(name))).toEqual([]);
    });
  });
});
