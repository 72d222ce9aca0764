import { openWorld } from '../../src/world/open';
import type { Config } from '../../src/config';

// Only names matter here; what an installation holds is the matter of config.ts.
const config = {
  installations: { prod: {}, staging: {} },
  notify: { order: 'inOrder', receivers: [], reminders: {}, keepTrying: 1 },
  reports: '/nowhere',
} as unknown as Config;

describe('the world', () => {
  it('knows its installations, and names them when asked for another', () => {
    const world = openWorld(config);
    expect(world.installation('prod')).toBe(config.installations['prod']);
    expect(() => world.installation('production')).toThrow(
      /no installation "production"\. It has: prod, staging\./,
    );
    expect(() => world.installation('production')).toThrow(
      expect.objectContaining({ type: 'UnknownInstallation', nonRetryable: true }),
    );
    expect(() => world.installation('toString')).toThrow(/no installation/);
  });

  it('opens one client for each region', () => {
    const world = openWorld(config);
    expect(world.ec2('us-east-1')).toBe(world.ec2('us-east-1'));
    expect(world.ec2('eu-west-1')).not.toBe(world.ec2('us-east-1'));
  });

  it('has no receiver where none is configured', () => {
    expect(openWorld(config).receivers.all).toEqual([]);
  });
});
