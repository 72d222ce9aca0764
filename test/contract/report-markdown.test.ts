import fc from 'fast-check';
import type { JournalEntry } from '../../src/contract/journal';
import { journalTable, reportMarkdown, standingMarkdown } from '../../src/contract/report-markdown';
import { journal, report, standing } from './sample-report';

const bytes = (text: string): number => Buffer.byteLength(text);

describe('a report', () => {
  it('reads as a page', () => {
    expect(reportMarkdown(report)).toMatchInlineSnapshot(`
      "# restore of prod: done

      prod runs on i-0123456789abcdef0.

      |  |  |
      | --- | --- |
      | Run | restore-prod (01890a5d-ac96-774b-bcce-b302099a8057) |
      | From | 2026-09-30 13:00 UTC |
      | To | 2026-09-30 14:45 UTC (1 h 45 min) |
      | Image | ami-0a1b2c3d |
      | Instance | i-0123456789abcdef0 |

      ## Left to do

      - Change the launch configuration of the Nomad clients to 10.0.1.9

      ## Notes

      - The old host key stays in known_hosts: ssh-keygen -R 10.0.1.5

      ## Where the time went

      | Waiting for |  |
      | --- | --- |
      | AWS | 0 s |
      | the machine | 0 s |
      | a person | 1 h 5 min |
      | in all | 1 h 45 min |

      ## What the image holds

      |  |  |
      | --- | --- |
      | Source | i-0fedcba9876543210 |
      | Taken | 2026-09-29 02:00 UTC, no-reboot |
      | Addresses | 10.0.1.5, 203.0.113.10 |
      | Hostname | circleci.example.com |
      | Host keys | ssh-ed25519 SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU |
      | Instance type | m5.2xlarge |
      | Object storage | s3 |
      | Databases | in the image |

      Not recorded:

      - Replicated version: the command failed

      ## Checks

      |  | Check | Seen |
      | --- | --- | --- |
      | ✅ | frontend | 200 |
      | ❌ | contexts | 000 \\| nothing listens |

      ## Build records

      |  | Build | Outcome | Said |
      | --- | --- | --- | --- |
      | ✅ | \`https://circleci.example.com/gh/a/b/1\` | deleted | RUNBOOK deleted |
      | ❌ | \`https://circleci.example.com/gh/a/b/2\` | failed | not found |

      ## Journal

      |  | Step | State | What | Who | Took |
      | --- | --- | --- | --- | --- | --- |
      | ✅ | Plan the restore | done | from ami-0a1b2c3d, made 2026-09-29 |  | 4 s |
      | ✅ | Launch m5.2xlarge from ami-0a1b2c3d | approved | seen the plan \\| go | ana | 1 h 5 min |
      | ⬜ | approve | refused | no gate is open. Send nothing. | \\<b>bob\\</b> | 0 s |
      | ⏭ | 3. Fix the hostname | not needed | circleci.example.com is set already |  |  |
      | ❌ | 5. Remove /opt/nomad | failed | ConnectionLost: no end within 300 s · NomadNotRemovable: a symlink |  | 1 min 5 s |
      | ⏳ | 5. Remove /opt/nomad | waiting |  |  | since 14:07 |
      "
    `);
  });

  it('of a backup lists what ran, and says how much more', () => {
    const builds = [{ url: 'https://circleci.example.com/gh/a/b/1', startedAt: report.startedAt }];
    const listed = { builds, more: 7, isCut: false };
    const page = reportMarkdown({ ...report, buildsAtBackup: listed });
    expect(page).toContain(
      '## Builds that ran when the backup began\n\n| Build | Started |\n| --- | --- |\n' +
        `| \`https://circleci.example.com/gh/a/b/1\` | ${report.startedAt} |\n\nAnd 7 more.`,
    );
    expect(reportMarkdown({ ...report, buildsAtBackup: { ...listed, isCut: true } })).toContain(
      'And at least 7 more.',
    );
  });

  it('has no sections for what there is not', () => {
    const { imageId, instanceId, record, checks, builds, ...rest } = report;
    const page = reportMarkdown({ ...rest, notes: [], leftToDo: [], journal: [] });
    expect(page).not.toMatch(/Left to do|Notes|image|Checks|Build records/);
    expect([imageId, instanceId, record, checks, builds]).not.toContain(undefined);
  });
});

describe('a standing', () => {
  it('shows the open gate with the object to send before the journal', () => {
    expect(standingMarkdown(standing)).toMatchInlineSnapshot(`
      "**restore of prod: waiting**

      Image \`ami-0a1b2c3d\` · Instance \`i-0123456789abcdef0\`

      ### ⏳ 5. Remove /opt/nomad failed

      /opt/nomad is a symlink.

      \`\`\`
      ls -l /opt
      \`\`\`

      Waits until 2026-10-07 14:07 UTC for one of the signals \`retry\`, \`skip\`, \`abort\`, with this input:

      \`\`\`json
      {"by":"your name","note":"what you did"}
      \`\`\`

      |  | Step | What came of it | Took |
      | --- | --- | --- | --- |
      | ✅ | Plan the restore | from ami-0a1b2c3d, made 2026-09-29 | 4 s |
      | ✅ | Launch m5.2xlarge from ami-0a1b2c3d | approved by ana: seen the plan \\| go | 1 h 5 min |
      | ⬜ | approve | refused by \\<b>bob\\</b>: no gate is open. Send nothing. | 0 s |
      | ⏭ | 3. Fix the hostname | not needed: circleci.example.com is set already |  |
      | ❌ | 5. Remove /opt/nomad | failed: ConnectionLost: no end within 300 s · NomadNotRemovable: a symlink | 1 min 5 s |
      | ⏳ | 5. Remove /opt/nomad | waiting | since 14:07 |"
    `);
  });

  it('of a finished run shows what is left to do', () => {
    const { gate, ...rest } = standing;
    const page = standingMarkdown({ ...rest, status: 'done', step: '', report });
    expect(page).toContain('- Change the launch configuration');
    expect(page).not.toContain(gate?.example ?? '');
  });

  it('lists a numbered step by its own number', () => {
    const left = { ...report, leftToDo: ['4. Update the IP addresses: 10.0.1.5'] };
    expect(standingMarkdown({ ...standing, report: left })).toContain(
      '- 4\\. Update the IP addresses: 10.0.1.5',
    );
  });

  it('that is long loses its oldest lines and says so', () => {
    const long = Array.from({ length: 300 }, (_, index): JournalEntry => {
      const at = '2026-09-30T13:00:00.000Z';
      const title = `Step ${index}`;
      return {
        kind: 'step',
        title,
        state: 'done',
        startedAt: at,
        endedAt: at,
        note: 'n'.repeat(150),
      };
    });
    const page = standingMarkdown({ ...standing, journal: long });
    expect(page).toMatch(/\d+ earlier lines are left out here/);
    expect(page).toContain('| Step 299 |');
    expect(page).not.toContain('| Step 0 |');
    expect(bytes(page)).toBeLessThanOrEqual(8192);
    expect(bytes(page)).toBeGreaterThan(7000);
  });

  it('is never longer than 8 KB, and closes what it cuts', () => {
    const long = { ...standing, leftToDo: [] };
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 6000 }),
        fc.string({ unit: 'grapheme', maxLength: 6000 }),
        fc.array(fc.string({ unit: 'grapheme', maxLength: 400 }), { maxLength: 60 }),
        (details, example, notes) => {
          const gate = { ...standing.gate, details, example } as NonNullable<typeof standing.gate>;
          const lines = notes.map((note): JournalEntry => {
            return { kind: 'step', title: note, state: 'failed', startedAt: '', note };
          });
          expect(bytes(standingMarkdown({ ...long, gate, journal: lines }))).toBeLessThanOrEqual(
            8192,
          );
        },
      ),
    );
    const fenced = { ...standing.gate, details: `\`\`\`\n${'x'.repeat(5000)}\n\`\`\`` };
    const page = standingMarkdown({
      ...standing,
      gate: fenced as NonNullable<typeof standing.gate>,
    });
    expect(page.match(/^```/gm)).toHaveLength(4);
  });
});

describe('a row of the journal', () => {
  it('stays one row with six cells, whatever people write into it', () => {
    const start = '2026-09-30T13:00:00.000Z';
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (note) => {
        const row = journalTable([
          { kind: 'message', title: note, state: 'refused', startedAt: start, note, by: note },
        ]).split('\n')[2];
        // A pipe counts as a border only behind an even number of backslashes.
        expect(row?.match(/(?<!\\)(?:\\\\)*\|/g)).toHaveLength(7);
        expect(row).not.toMatch(/(?<!\\)(?:\\\\)*</);
      }),
    );
    expect(journalTable(journal).split('\n')).toHaveLength(2 + journal.length);
  });

  const durations: readonly [string, string][] = [
    ['2026-09-30T13:00:00.400Z', '0 s'],
    ['2026-09-30T13:00:59.000Z', '59 s'],
    ['2026-09-30T13:01:05.000Z', '1 min 5 s'],
    ['2026-09-30T15:03:20.000Z', '2 h 3 min'],
    ['2026-10-03T17:00:00.000Z', '3 d 4 h'],
  ];
  it.each(durations)('that ended at %s took %s', (endedAt, took) => {
    const startedAt = '2026-09-30T13:00:00.000Z';
    const row = journalTable([{ kind: 'step', title: 'x', state: 'done', startedAt, endedAt }]);
    expect(row).toContain(`| ${took} |`);
  });
});
