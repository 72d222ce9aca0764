import { linesOf, setStage, storyOf, type Stage } from './stage';
import type { Report } from '../../src/contract/reports';

jest.setTimeout(180_000);

describe('a backup, a lost machine, a restore', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
  });
  afterAll(async () => {
    await stage.close();
  });

  test('brings the app back on one new machine', async () => {
    const backup = await stage.start('backup', { installation: 'prod' });
    const made = (await backup.handle.result()) as Report;
    console.log(storyOf(made.journal).join('\n'), made.notes, made.record);
    const [old] = [...stage.lab.region.machines.keys()];
    console.log(old);
    await fetch(`${stage.lab.controlUrl}/machines/${old}/lose`, { method: 'POST' });
    const restore = await stage.start('restore', { installation: 'prod' });
    const operator = (async () => {
      for (;;) {
        const s = await restore.standing().catch(() => undefined);
        if (s?.gate) {
          console.log(s.gate);
          if (s.gate.title === 'Change the DNS record') {
            const machine = [...stage.lab.region.machines.values()].find(
              (m) => m.instanceId === s.instanceId,
            );
            await fetch(`${stage.lab.controlUrl}/dns`, {
              method: 'POST',
              body: JSON.stringify({
                name: 'circleci.example.com',
                address: machine?.publicAddress,
              }),
            });
          }
          if (s.gate.answers.includes('retry')) break;
          await restore.answer('approve', s.gate);
        }
        if (s && !['running', 'waiting'].includes(s.status)) break;
        await new Promise((r) => setTimeout(r, 200));
      }
    })();
    await operator;
    const s = await restore.standing();
    console.log(storyOf(s.journal).join('\n'), JSON.stringify(s.journal, null, 1));
    const report = await restore.report();
    console.log(report);
    expect(linesOf(report.journal)).toMatchInlineSnapshot(`
      [
        "Ask an open backup to make way",
        "Plan the restore",
        "Fence the old machine",
        "Approve the launch",
        "Approve moving the Elastic IP",
        "1. Launch an instance from the image",
        "Move the Elastic IP",
        "Look at the host key",
        "Confirm the host key",
        "Wait for the machine to answer",
        "Confirm the old addresses",
        "2. Stop the app",
        "Change the DNS record",
        "Check that the hostname resolves",
        "3. Fix the hostname",
        "3. Change the GitHub OAuth application",
        "4. Update the IP addresses",
        "5. Remove /opt/nomad",
        "Restart Replicated on its new addresses",
        "6. Restart the app",
        "Verify the app",
        "Approve deleting the build records",
        "Delete abnormal build records",
      ]
    `);
  });
});
