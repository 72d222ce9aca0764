import type { JournalEntry } from '../../../src/contract/journal';
import { loggingIn, verdictFrom } from '../../../src/workflows/drilling/drill-verdict';

const line = (title: string, state: JournalEntry['state'], more: object = {}): JournalEntry => ({
  kind: 'step',
  title,
  state,
  startedAt: '2026-11-29T05:00:00.000Z',
  ...more,
});
const failed = (title: string, note: string) => line(title, 'failed', { note });
const login = (state: JournalEntry['state'], more: object = {}) =>
  line(loggingIn, state, { kind: 'approval', ...more });

const expires = '2026-11-29T11:00:00.000Z';
const through = { isThrough: true, expires };
const early = { isThrough: false, expires };

describe('the verdict of a drill', () => {
  test('is passed when it is through', () => {
    const journal = [line('Plan', 'done'), line('6. Restart the app', 'done'), login('approved')];
    expect(verdictFrom(journal, through)).toEqual({ outcome: 'passed', why: '' });
  });

  test.each([
    ['6. Restart the app', 'AppNotStarted: it is not up', 'failed'],
    ['2. Stop the app', 'AppNotStopped: it runs', 'failed'],
    ['Look at the host key', 'MachineUnreachable: the bastion does not answer', 'none'],
    ['Wait for the machine to answer', 'SshLoginRefused: publickey', 'none'],
    ['Wait for its status checks', 'InstanceNotHealthy: impaired', 'none'],
    ['Mount the object storage', 'ObjectStorageDiffers: the app uses S3', 'none'],
    ['1. Launch', 'AwsDenied: ec2:RunInstances', 'none'],
    ['6. Restart the app', 'WorkerLost: the worker stopped', 'none'],
    ['Prove the quarantine', 'QuarantineBroken: it is open', 'none'],
    ['3. Fix the hostname', 'DnsNotChanged: no such name', 'none'],
    ['6. Restart the app', 'a note of another form', 'none'],
  ])('after a failure of "%s" with %s is %s', (title, note, outcome) => {
    const journal = [line('Plan', 'done'), failed(title, note)];
    expect(verdictFrom(journal, early)).toEqual({ outcome, why: `${title}: ${note}` });
  });

  test('is none when its machine was about to end itself', () => {
    const note = 'CommandFailed: docker is gone';
    const at = (endedAt: string) => [line('6. Restart the app', 'failed', { note, endedAt })];
    expect(verdictFrom(at('2026-11-29T10:58:00.000Z'), early).outcome).toBe('failed');
    expect(verdictFrom(at('2026-11-29T10:59:30.000Z'), early)).toEqual({
      outcome: 'none',
      why: '6. Restart the app: the time of its machine was over',
    });
  });

  test('forgets a failure that a retry has mended', () => {
    const step = '6. Restart the app';
    const journal = [failed(step, 'AppNotStarted: no'), line(step, 'done')];
    expect(verdictFrom(journal, through).outcome).toBe('passed');
  });

  test('is not passed when a person skipped what failed', () => {
    const journal = [
      line('Verify the app', 'skipped', { note: 'AppNotHealthy: frontend says 500' }),
    ];
    expect(verdictFrom(journal, through)).toEqual({
      outcome: 'failed',
      why: 'Verify the app: AppNotHealthy: frontend says 500',
    });
  });

  test('is what the person says who logs in', () => {
    const journal = [line('Verify the app', 'done'), login('rejected', { by: 'ana' })];
    const why = 'ana could not log in to the application';
    expect(verdictFrom(journal, early)).toEqual({ outcome: 'failed', why });
  });

  test.each(['expired', 'cancelled'] as const)('is none when that question is %s', (state) => {
    const journal = [line('Verify the app', 'done'), login(state)];
    expect(verdictFrom(journal, early).outcome).toBe('none');
  });
});
