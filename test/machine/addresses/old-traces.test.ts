import { parseTraces } from '../../../src/machine/addresses/old-traces';

const own = ['10.0.1.57', '172.17.0.1'];

describe('the old address of a machine whose files name the machine itself', () => {
  test('is told by the most telling place that names one other', () => {
    const said = [
      'raft 10.0.1.5',
      'no-proxy 10.0.1.57',
      'no-proxy 127.0.0.1',
      'node-name 10-0-1-5',
      'hosts 10-0-1-4',
      'first-start 10.0.1.4',
    ].join('\n');
    expect(parseTraces(said, own)).toEqual({
      address: '10.0.1.5',
      signs: ['Nomad’s Raft peers', 'NODENAME in the address files'],
    });
  });

  test('is not guessed among several, nor made of the machine’s own', () => {
    expect(parseTraces('raft 10.0.1.5\nraft 10.0.1.6\nimages 10.0.1.6', own)?.address).toBe(
      '10.0.1.6',
    );
    expect(parseTraces('raft 10.0.1.57\nimages 172.17.0.1\nhosts ', own)).toBeUndefined();
    expect(parseTraces('', own)).toBeUndefined();
  });
});
