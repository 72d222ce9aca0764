import { toldErrors, type JournalEntry } from '../../src/contract/journal';

const entry = (note: string, ...errors: string[]): JournalEntry => ({
  kind: 'step',
  title: '5. Remove /opt/nomad',
  state: 'failed',
  startedAt: '2026-09-30T13:00:00.000Z',
  note,
  errors,
});

describe('the errors on the way to the end of a step', () => {
  it('are told with their attempts', () => {
    expect(toldErrors(entry('removed', 'attempt 1: busy', 'attempt 2: gone'))).toEqual([
      'attempt 1: busy',
      'attempt 2: gone',
    ]);
  });

  it('are told once where they are alike', () => {
    const errors = ['attempt 1: busy', 'attempt 2: busy', 'attempt 3: busy', 'attempt 4: gone'];
    expect(toldErrors(entry('removed', ...errors))).toEqual([
      'attempts 1 to 3: busy',
      'attempt 4: gone',
    ]);
  });

  it('are counted where the note says the same', () => {
    const alike = entry('CommandFailed: busy', 'attempt 1: busy', 'attempt 2: busy');
    expect(toldErrors(alike)).toEqual(['attempts 1 to 2 failed alike']);
    expect(toldErrors(entry('CommandFailed: busy', 'attempt 1: busy'))).toEqual([]);
  });

  it('are left as they are where they name no attempt', () => {
    expect(toldErrors(entry('removed', 'AWS asked to slow down'))).toEqual([
      'AWS asked to slow down',
    ]);
    expect(toldErrors({ ...entry('removed'), errors: undefined })).toEqual([]);
  });
});
