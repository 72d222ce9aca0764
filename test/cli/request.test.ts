import { CliError } from '../../src/cli/exit-status';
import { requestBackup, requestCleanUp, requestRestore, runId } from '../../src/cli/request';

describe('the object that starts a run', () => {
  it('holds the installation alone when nothing else was asked for', () => {
    expect(requestBackup('prod', {}).input).toEqual({ installation: 'prod' });
    expect(requestRestore('prod', {}).input).toEqual({ installation: 'prod' });
    expect(requestCleanUp('prod', [], {}).input).toEqual({ installation: 'prod' });
  });

  it('carries everything that a restore can be told', () => {
    const { input } = requestRestore('prod', {
      image: 'ami-0123456789abcdef0',
      replaces: '10.0.1.5, 203.0.113.10',
      build: ['https://circleci.example.com/gh/acme/shop/41'],
      acknowledge: ['source-running'],
      unattended: true,
    });
    expect(input).toEqual({
      installation: 'prod',
      image: 'ami-0123456789abcdef0',
      replaces: { private: '10.0.1.5', public: '203.0.113.10' },
      builds: ['https://circleci.example.com/gh/acme/shop/41'],
      acknowledge: ['source-running'],
      unattended: true,
    });
  });

  it('takes a private address alone', () => {
    expect(requestRestore('prod', { replaces: '10.0.1.5' }).input['replaces']).toEqual({
      private: '10.0.1.5',
    });
  });

  it.each([
    ['a name with capitals', () => requestBackup('Prod', {}), /installation: /],
    ['an unknown consistency', () => requestBackup('prod', { consistency: 'yes' }), /consistency/],
    ['a word for an image', () => requestRestore('prod', { image: 'newest' }), /image: /],
    ['three addresses', () => requestRestore('prod', { replaces: '1,2,3' }), /PRIVATE/],
    ['half an address', () => requestRestore('prod', { replaces: '10.0.1' }), /replaces.private/],
    [
      'an image and an instance',
      () =>
        requestRestore('prod', { image: 'ami-0123456789abcdef0', instance: 'i-0123456789abcdef0' }),
      /not both/,
    ],
    ['an unknown word', () => requestRestore('prod', { acknowledge: ['all'] }), /acknowledge/],
    ['a build that is none', () => requestCleanUp('prod', [''], {}), /builds/],
  ])('is refused as wrong usage for %s', (_what, make, message) => {
    expect(make).toThrow(CliError);
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ name: 'WrongUsage' }));
  });

  it('runs under a name that tells what, where and when', () => {
    const now = new Date('2026-11-24T13:30:59Z');
    expect(runId(requestRestore('prod', {}), now)).toMatch(
      /^restore-prod-20261124-1330-[0-9a-f]{4}$/,
    );
    const builds = ['https://circleci.example.com/gh/acme/shop/41'];
    expect(runId(requestCleanUp('prod', builds, {}), now)).toMatch(/^clean-up-builds-prod-2026/);
  });
});
