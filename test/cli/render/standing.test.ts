import { answerCommand } from '../../../src/contract/telling/telling';
import type { JournalEntry, OpenGate } from '../../../src/contract/journal';
import type { Standing } from '../../../src/contract/reports';
import { gateText, journalLine, standingText } from '../../../src/cli/render/standing';
import { elapsed, table } from '../../../src/cli/render/table';
import { plainOutput } from '../terminal';

const { paint } = plainOutput();

const gate: OpenGate = {
  id: 'launch-k3f9',
  title: 'Launch m4.2xlarge from ami-0123',
  details: 'Replaces 10.0.1.5\n- hostname stays',
  answers: ['approve', 'reject'],
  openedAt: '2026-11-24T13:31:00.000Z',
  expiresAt: '2026-12-01T13:31:00.000Z',
  example: 'approve {"by":"YOUR NAME","gate":"launch-k3f9","note":"why"}',
};

const journal: JournalEntry[] = [
  {
    kind: 'step',
    title: 'Plan the restore',
    state: 'done',
    startedAt: '2026-11-24T13:30:00.000Z',
    endedAt: '2026-11-24T13:30:02.000Z',
    note: 'ami-0123 of 13:00',
    attempts: 2,
    errors: ['AWS asked to slow down\nRequestId: 1'],
  },
  { kind: 'approval', title: gate.title, state: 'waiting', startedAt: gate.openedAt },
];

const standing: Standing = {
  runbook: 'restore',
  installation: 'prod',
  status: 'waiting',
  step: gate.title,
  gate,
  journal,
};

describe('the standing of a run', () => {
  it('shows the journal as a table, the gate, and how to answer it', () => {
    expect(standingText(standing, 'restore-prod-1', paint)).toBe(
      [
        'restore-prod-1: restore of prod, waiting',
        'under way: Launch m4.2xlarge from ami-0123',
        '',
        '   Step                             State    Took  Note',
        '✓  Plan the restore                 done     2 s   ami-0123 of 13:00; AWS asked to slow down',
        '?  Launch m4.2xlarge from ami-0123  waiting',
        '',
        'Waits for a person: Launch m4.2xlarge from ami-0123',
        '  Replaces 10.0.1.5',
        '  - hostname stays',
        '  gate launch-k3f9, open since 2026-11-24T13:31:00.000Z, until 2026-12-01T13:31:00.000Z',
        'Answer with',
        '  runbook approve restore-prod-1 --by YOUR-NAME --gate launch-k3f9',
        '  runbook reject restore-prod-1 --by YOUR-NAME --gate launch-k3f9',
        "or send the signal in Temporal's UI, with " + gate.example,
      ].join('\n'),
    );
  });

  it('names the gate in every command, and gives a reason where one is needed', () => {
    expect(answerCommand('retry', gate, 'r')).toBe(
      'runbook retry r --by YOUR-NAME --gate launch-k3f9',
    );
    expect(answerCommand('skip', gate, 'r')).toMatch(/--note 'why'$/);
    expect(gateText(gate, 'r', paint)).toContain('--gate launch-k3f9');
  });

  it('tells the errors on the way below a line of the journal', () => {
    const [planned] = journal;
    if (!planned) throw new Error('the journal is empty');
    expect(journalLine(planned, paint)).toBe(
      '✓ Plan the restore  done (2 s): ami-0123 of 13:00\n      AWS asked to slow down',
    );
  });
});

describe('a table', () => {
  it('aligns its columns and leaves no blanks at the ends', () => {
    expect(
      table(
        ['A', 'B'],
        [
          ['one', ''],
          ['2', 'two'],
        ],
      ),
    ).toEqual(['A    B', 'one', '2    two']);
  });

  it.each([
    ['2026-11-24T13:30:00.000Z', '2026-11-24T13:30:00.850Z', '850 ms'],
    ['2026-11-24T13:30:00Z', '2026-11-24T13:33:05Z', '3 min 5 s'],
    ['2026-11-24T13:30:00Z', '2026-11-24T15:40:00Z', '2 h 10 min'],
  ])('tells the time from %s to %s as %s', (from, to, text) => {
    expect(elapsed(from, to)).toBe(text);
  });
});
