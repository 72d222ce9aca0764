/**
 * A recorded run of each workflow replays with the code of today: so a run that is open while a new
 * version is deployed goes on. Recorded by scripts/record-histories.mjs.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import * as workflows from '../../src/workflows';

const folder = join(__dirname, '../histories');
const codePath = join(__dirname, '../../lib/workflow-bundle.js');
const recorded = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => basename(name, '.json'));

function recording(name: string): string {
  return readFileSync(join(folder, `${name}.json`), 'utf8');
}

function replay(json: string): Promise<void> {
  return Worker.runReplayHistory(
    { workflowBundle: { codePath } },
    historyFromJSON(JSON.parse(json)),
  );
}

beforeAll(() => {
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { filter: 'off' } },
  });
});

describe('a recorded run', () => {
  test('is there for each workflow', () => {
    expect([...recorded].sort()).toEqual(Object.keys(workflows).sort());
  });

  test.each(recorded)('of %s replays with the code of today', async (name) => {
    await replay(recording(name));
  });

  const runbooks = recorded.filter((name) => !['claim', 'tell'].includes(name));
  test.each(runbooks)('of %s does not replay when its steps were others', async (name) => {
    const other = recording(name).replaceAll('"readSettings"', '"planRestore"');
    expect(other).not.toBe(recording(name));
    await expect(replay(other)).rejects.toThrow(DeterminismViolationError);
  });
});

test('a recording holds nothing of the machine that made it', () => {
  for (const name of recorded) {
    const payloads = [...recording(name).matchAll(/"data": ?"([^"]+)"/g)].map(([, data = '']) =>
      Buffer.from(data, 'base64').toString('utf8'),
    );
    const text = [recording(name), ...payloads].join('\n');
    const own = /\/(tmp|home|root|work)\/\S*|lab-secret|"identity": ?"(?!worker")[^"]*/g;
    expect(text.match(own) ?? []).toEqual([]);
  }
});
