import fc from 'fast-check';
import {
  describeApp,
  isReady,
  isStopped,
  isTransitioning,
  lacksImage,
  parseAppStatus,
} from '../../../src/machine/app/app-status';

const app = (changes: Record<string, unknown> = {}): string =>
  JSON.stringify([
    {
      AppID: '3b1f0c9e5d7a4286',
      Sequence: 2439,
      State: 'stopped',
      DesiredState: 'stopped',
      Error: '',
      IsCancellable: false,
      IsTransitioning: false,
      LastModifiedAt: '2020-03-01T22:00:21.314987894Z',
      ...changes,
    },
  ]);
const started = { State: 'started', DesiredState: 'started' };
const noImage = 'Failure reported from operator: no such image';

test.each([
  // title, answer, stopped, ready, transitioning, lacks image, description
  ['a stopped app', app(), true, false, false, false, 'stopped'],
  ['a started app', app(started), false, true, false, false, 'started'],
  [
    'an app that is started but still starts',
    app({ ...started, IsTransitioning: true }),
    ...([false, false, true, false] as const),
    'started, in transition',
  ],
  [
    'an app that begins to stop',
    app({ State: 'started', IsTransitioning: true }),
    ...([false, false, true, false] as const),
    'started, to be stopped, in transition',
  ],
  [
    'an app that is stopped but will start',
    app({ DesiredState: 'started' }),
    ...([false, false, false, false] as const),
    'stopped, to be started',
  ],
  [
    'an app that is started with an error',
    app({ ...started, Error: 'unhealthy' }),
    ...([false, false, false, false] as const),
    'started: unhealthy',
  ],
  [
    'an app whose image is missing',
    app({ State: 'failed', DesiredState: 'started', Error: noImage }),
    ...([false, false, false, true] as const),
    `failed, to be started: ${noImage}`,
  ],
  [
    'an app of a newer daemon, without Error',
    app({ ...started, Error: undefined, PatchSequence: 0 }),
    ...([false, true, false, false] as const),
    'started',
  ],
  ['no app', '[]\n', false, false, false, false, 'no app is installed'],
  ['nothing', '', false, false, false, false, 'unreadable answer: (empty)'],
  [
    'an error instead of JSON',
    'Error: No such container: replicated\n',
    ...([false, false, false, false] as const),
    'unreadable answer: Error: No such container: replicated',
  ],
  [
    'an object instead of an array',
    '{"State":"started"}',
    ...([false, false, false, false] as const),
    'unreadable answer: {"State":"started"}',
  ],
  [
    'an app without a state',
    '[{"DesiredState":"started"}]',
    ...([false, false, false, false] as const),
    'unreadable answer: [{"DesiredState":"started"}]',
  ],
])('reads %s', (_, answer, stopped, ready, transitioning, lacking, description) => {
  const status = parseAppStatus(answer);
  expect({
    stopped: isStopped(status),
    ready: isReady(status),
    transitioning: isTransitioning(status),
    lacking: lacksImage(status),
    description: describeApp(status),
  }).toEqual({ stopped, ready, transitioning, lacking, description });
});

test('keeps the release that is installed', () => {
  expect(parseAppStatus(app())).toMatchObject({ sequence: 2439 });
});

test('takes any answer without throwing, and never as up or stopped by accident', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (answer) => {
      const status = parseAppStatus(answer);
      expect(isStopped(status) || isReady(status)).toBe(false);
      expect(describeApp(status).length).toBeLessThan(250);
    }),
  );
});
