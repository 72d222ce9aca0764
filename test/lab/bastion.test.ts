import { ed25519Pair } from '../../src/lab/key-pair';
import { portableShell } from '../../src/lab/shell/portable';
import { liveAddress, SmallLab } from './machine/small-lab';
import { exec, Reach } from './shell/session';

let lab: SmallLab;
let reach: Reach;
beforeEach(async () => {
  lab = new SmallLab();
  lab.install();
  reach = await Reach.open(lab, portableShell());
});
afterEach(async () => {
  await reach.close();
  lab.remove();
});

it('leads to the machine of an address', async () => {
  const client = await reach.to(liveAddress);
  expect((await exec(client, 'hostname')).stdout).toBe('ip-10-0-1-5\n');
});

it('shows the machine’s own host keys', async () => {
  let seen = '';
  await reach.to(liveAddress, {
    hostVerifier: (key: Buffer) => {
      seen = key.toString('base64');
      return true;
    },
  });
  expect(lab.machines.get(liveAddress)?.hostKeys.join('\n')).toContain(seen);
});

it('refuses an address without a machine, another port and a machine that does not answer', async () => {
  await expect(reach.to('10.0.7.7')).rejects.toThrow(/open failure/i);
  await expect(reach.to('127.0.0.1')).rejects.toThrow(/open failure/i);
  await expect(reach.to(liveAddress, {}, 8800)).rejects.toThrow(/open failure/i);
  lab.machines.get(liveAddress)?.set({ sshDown: true });
  await expect(reach.to(liveAddress)).rejects.toThrow(/open failure/i);
});

it('lets in nobody else, neither here nor at the machine', async () => {
  const stranger = { privateKey: ed25519Pair('test').private };
  await expect(reach.toBastion(stranger)).rejects.toThrow(/authentication/i);
  await expect(reach.toBastion({ username: 'root' })).rejects.toThrow(/authentication/i);
  await expect(reach.to(liveAddress, stranger)).rejects.toThrow(/authentication/i);
  await expect(reach.to(liveAddress, { username: '../root' })).rejects.toThrow(/authentication/i);
});

it('runs nothing itself', async () => {
  const client = await reach.toBastion();
  await expect(exec(client, 'hostname')).rejects.toThrow();
});
