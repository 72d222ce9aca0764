import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fingerprint } from '../../../src/world/ssh/fingerprint';
import { needs } from '../../requirements';

const keygen = 'ssh-keygen';
const line =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl github.com';

describe('a fingerprint', () => {
  it('is the text that ssh-keygen shows', () => {
    expect(fingerprint(line)).toBe(
      'ssh-ed25519 SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU',
    );
  });

  it('does not depend on the comment, nor on spaces around the key', () => {
    expect(fingerprint(`  ${line.replace(' github.com', '')}\r\n`)).toBe(fingerprint(line));
  });

  const broken = [
    '',
    'ssh-ed25519',
    'ssh-ed25519 AAAA',
    'hello world',
    line.replace('ssh-ed25519', 'ssh-rsa'),
  ];
  it.each(broken)('of something that is no public key is refused: "%s"', (text) => {
    expect(() => fingerprint(text)).toThrow(RangeError);
  });

  const itReal = needs(keygen) ? it : it.skip;
  itReal('agrees with ssh-keygen for every type of key', () => {
    const folder = mkdtempSync(join(tmpdir(), 'runbook-keys-'));
    try {
      for (const type of ['ed25519', 'ecdsa', 'rsa']) {
        const file = join(folder, type);
        execFileSync(keygen, ['-q', '-t', type, '-N', '', '-f', file]);
        const shown = execFileSync(keygen, ['-l', '-f', file], { encoding: 'utf8' });
        const pin = fingerprint(readFileSync(`${file}.pub`, 'utf8'));
        expect(shown).toContain(` ${pin.split(' ')[1] ?? '?'} `);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
