/** The same restores where the machines run sshd, sudo and bash of the host. */
import { needs } from '../requirements';
import { playProfiles } from './profile-story';

jest.setTimeout(120_000);

(needs('bwrap', 'sshd') ? describe : describe.skip)('in the real shell', () => {
  playProfiles('real');
});
