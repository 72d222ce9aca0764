import {
  aboutNomadClients,
  aboutOldMachine,
  toChangeOAuth,
  toTrust,
} from '../../../src/workflows/questions/questions';
import { machine, old, plan } from './sample-plan';

const request = { installation: 'prod', builds: [], acknowledge: [], unattended: false };

describe('the old machine', () => {
  const others = [{ instanceId: 'i-0fff', why: 'the image was made of it' }];
  const running = { ...plan, source: { instanceId: 'i-0fff', state: 'running' }, others };

  test('is a question while it runs', () => {
    const question = aboutOldMachine(running, request);
    expect(question.notNeeded).toBeUndefined();
    expect(question.details.source).toContain('i-0fff still runs**: the image was made of it');
  });

  test('is none when the request acknowledges it', () => {
    const known = aboutOldMachine(running, { ...request, acknowledge: ['source-running'] });
    expect(known.notNeeded).toBe('i-0fff runs, as the request acknowledges');
  });

  test.each(['stopped', 'terminated'])('is none when it is %s', (state) => {
    const source = { instanceId: 'i-0fff', state };
    expect(aboutOldMachine({ ...plan, source }, request).notNeeded).toBe(`i-0fff is ${state}`);
  });
});

describe('the hostname', () => {
  test('that changed asks for the OAuth application, with both URLs', () => {
    const fixed = { note: '', changed: true, before: 'old.example.com', override: '' };
    const { details, notNeeded } = toChangeOAuth(fixed, 'new.example.com');
    expect(notNeeded).toBeUndefined();
    expect(details.source).toContain('`https://new.example.com`');
    expect(details.source).toContain('`https://new.example.com/auth/github`');
  });

  test('that a file overrides is told', () => {
    const override = 'export CIRCLE_URL="https://old.example.com"';
    const fixed = { note: '', changed: true, before: 'old.example.com', override };
    expect(toChangeOAuth(fixed, 'new.example.com').details.source).toContain(override);
  });
});

test('an unknown host key is a question that must name its gate', () => {
  const trust = { note: '', known: false, offered: 'ssh-ed25519 SHA256:new', expected: [] };
  const question = toTrust(trust, machine.instanceId);
  expect(question).toMatchObject({ notNeeded: undefined });
  expect(question.details.source).toContain('ssh-ed25519 SHA256:new');
});

test('the Nomad clients that have not joined are told the new server', () => {
  expect(aboutNomadClients(['ip-10-0-2-11'], { old, machine })).toEqual([
    'Nomad clients that have joined: ip-10-0-2-11.',
    'Other Nomad clients still carry 10.0.1.5:4647 in their launch configuration: set ' +
      'servers = ["10.0.1.57:4647"] there and replace the instances.',
  ]);
});
