import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from '../requirements';
import { startWatched, type Watched } from './watched';

jest.setTimeout(150_000);

/** What a person sees, in this order. */
const story = [
  /^ *runbook backup prod$/m,
  /^✓ Create the image {2}done .*: ami-/m,
  /^✓ End: done .* holds prod as of /m,
  /^3\. The disaster$/m,
  /^i-\w+ is terminated\./m,
  /^ *runbook restore prod --build /m,
  /^Waits for a person: Approve the launch$/m,
  /^Ana answers: approve$/m,
  /^✓ Approve the launch {2}approved by ana /m,
  /^✓ 1\. Launch an instance from the image {2}done /m,
  /^Waits for a person: Change the DNS record$/m,
  /^Ana changes the DNS record: circleci\.example\.com → /m,
  /^✓ Change the DNS record {2}approved by ana /m,
  /^✗ Restart Replicated on its new addresses {2}failed .*: CommandFailed/m,
  /^Ana logs in, finds the full disk/m,
  /^Ana answers: retry$/m,
  /^✓ Restart Replicated on its new addresses {2}done /m,
  /^Waits for a person: Approve deleting the build records$/m,
  /^✓ Delete abnormal build records {2}done .*: 3 of 3 build records deleted$/m,
  /^5\. The report$/m,
  /^# restore of prod: done$/m,
  /^Timeline in Temporal's UI: /m,
];

/** Those that do not come after the one before. */
function missing(text: string, patterns: readonly RegExp[]): RegExp[] {
  let rest = text;
  return patterns.filter((pattern) => {
    const found = pattern.exec(rest);
    if (found) rest = rest.slice(found.index + found[0].length);
    return !found;
  });
}

const describeWatched = needs('/proc/self/exe') ? describe : describe.skip;

describeWatched('the demo', () => {
  let folder: string;
  let demo: Watched;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'runbook-watched-'));
    demo = startWatched(folder, [join(__dirname, '../../lib/cli/main.js'), 'demo'], {
      TEMPORAL_CLI: process.env['STORIES_TEMPORAL_CLI'],
      // A user's own Temporal and AWS, which the demo must leave alone.
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      TEMPORAL_NAMESPACE: 'production',
      AWS_PROFILE: 'production',
    });
  });
  afterEach(() => {
    demo.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  test('tells the whole story while it happens, and leaves nothing behind', async () => {
    const startedAt = performance.now();
    await demo.says(/^Waits for a person: Approve the launch$/m);
    // One line is seen while the next is still to come: not all of it at the end.
    expect(demo.said()).not.toContain('Waits for a person: Change the DNS record');
    await demo.says(/^✗ Restart Replicated on its new addresses/m);
    expect(demo.said()).not.toContain('The report');

    const status = await demo.ends(120 - (performance.now() - startedAt) / 1000);
    expect(missing(demo.said(), story)).toEqual([]);
    expect(status).toBe(0);

    const [, ui] = /^Temporal server .* UI (http:\S+)$/m.exec(demo.said()) ?? [];
    expect(demo.said()).toContain(
      `Timeline in Temporal's UI: ${String(ui)}/namespaces/default/workflows/restore-prod-`,
    );
    expectNothingLeft();
  });

  test('ends at Ctrl-C in the middle of the backup, with all that it had started', async () => {
    await demo.says(/^backup-prod-\S+ runs$/m);
    expect(demo.alive().length).toBeGreaterThanOrEqual(4);
    demo.interrupt();

    expect(await demo.ends(20)).toBe(1);
    expect(demo.said()).toContain('Interrupted; ending what was started');
    expect(demo.said()).not.toContain('The disaster');
    expectNothingLeft();
  });

  function expectNothingLeft(): void {
    expect(demo.alive()).toEqual([]);
    // Itself, the Temporal server, the lab and the worker: they were seen, so they could be missed.
    expect(demo.count()).toBeGreaterThanOrEqual(4);
    expect(readdirSync(folder)).toEqual([]);
  }
});
