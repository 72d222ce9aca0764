import {
  afterLook,
  nextOfStop,
  saysItStarts,
  type StopSoFar,
} from '../../../src/machine/app/app-stop';
import { parseAppStatus, type AppStatus } from '../../../src/machine/app/app-status';

const limits = { stopApp: 600, startApp: 1200 };
const status = (State: string, DesiredState: string, IsTransitioning: boolean): AppStatus =>
  parseAppStatus(JSON.stringify([{ State, DesiredState, IsTransitioning, Error: '' }]));

const up = status('started', 'started', false);
const starting = status('starting', 'started', true);
const stopping = status('started', 'stopped', true);
const stopped = status('stopped', 'stopped', false);
const silent: AppStatus = { kind: 'unreadable', said: '' };
const begun: StopSoFar = { now: 0, isSent: false, isForced: false };

describe('A stop', () => {
  it.each<[string, AppStatus, Partial<StopSoFar>, string]>([
    ['is sent to an app that is up', up, {}, 'send'],
    ['is sent to an app that starts, again and again', starting, { now: 900, busyAt: 900 }, 'send'],
    [
      'is sent again after the app has come up',
      up,
      { now: 1000, busyAt: 999, isSent: true },
      'send',
    ],
    ['that no answer tells of is sent again', silent, { now: 30, isSent: true }, 'send'],
    ['that was taken is waited for', stopping, { now: 200, isSent: true, takenAt: 0 }, 'wait'],
    [
      'that was taken and does not end is forced',
      stopping,
      { now: 301, isSent: true, takenAt: 0 },
      'force',
    ],
    [
      'that was taken late is forced late',
      stopping,
      { now: 900, isSent: true, takenAt: 700 },
      'wait',
    ],
    ['is forced once', stopping, { now: 400, isSent: true, takenAt: 0, isForced: true }, 'wait'],
    [
      'is given up in the end',
      stopping,
      { now: 601, isSent: true, takenAt: 0, isForced: true },
      'give up',
    ],
    ['that is never taken is given up, not forced', up, { now: 601, isSent: true }, 'give up'],
    [
      'of an app that starts for ever is given up',
      starting,
      { now: 1801, busyAt: 1801 },
      'give up',
    ],
    ['that an app has forgotten is sent anew', up, { now: 310, isSent: true, takenAt: 0 }, 'send'],
    ['is not sent to an app that is stopped', stopped, { now: 10 }, 'wait'],
    [
      'never forces an app that is stopped',
      stopped,
      { now: 599, isSent: true, takenAt: 0 },
      'wait',
    ],
  ])('%s', (_, seen, so, next) => {
    expect(nextOfStop(seen, { ...begun, ...so }, limits)).toBe(next);
  });

  it('counts as taken when the app is to be stopped, but only after it was sent', () => {
    expect(afterLook(stopping, begun, { now: 5, answer: '' }).takenAt).toBeUndefined();
    const sent = { ...begun, isSent: true };
    expect(afterLook(stopping, sent, { now: 5, answer: '' }).takenAt).toBe(5);
    expect(afterLook(stopping, { ...sent, takenAt: 3 }, { now: 5, answer: '' }).takenAt).toBe(3);
    expect(afterLook(up, sent, { now: 5, answer: 'app version 7 is starting' }).busyAt).toBe(5);
  });
});

describe('An answer says whether the app is starting', () => {
  it.each([
    ['Error: 412 Precondition Failed: app version 2439 is starting', true],
    ['request returned 412', true],
    ['Error: No such container: replicated', false],
    ['Error: dial unix /var/run/replicated/replicated-cli.sock: connect: refused', false],
    ['an empty one', false],
  ])('%s', (answer, isBusy) => {
    expect(saysItStarts(answer)).toBe(isBusy);
  });
});
