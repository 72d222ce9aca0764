/** `runbook approve`, `reject`, `retry`, `skip`, `abort`: a person answers a run that waits. */
import type { Answer, OpenGate } from '../../contract/journal';
import type { Standing } from '../../contract/reports';
import { answerCommand } from '../../contract/telling/telling';
import { ask } from '../ask';
import type { AddCommand } from '../command-row';
import { commandRow } from '../command-row';
import { CliError, exitStatus } from '../exit-status';
import type { Output } from '../output';
import { gateText } from '../render/standing';
import { readStanding, sendAnswer } from '../runs';
import { withTemporal } from '../temporal/connect';

interface AnswerOptions {
  readonly by?: string;
  readonly gate?: string;
  readonly note?: string;
  readonly yes?: boolean;
  readonly build?: readonly string[];
  readonly acknowledge?: readonly string[];
}

const builds = [
  '--build <url...>',
  'where the gate offers builds: only these; default: all of them',
] as const;

const acknowledge = [
  '--acknowledge <what...>',
  'where the gate offers it: known, and meant so; source-running',
] as const;

function answerRow(verb: Answer, summary: string, example: string): AddCommand {
  return commandRow<AnswerOptions>({
    usage: `${verb} <run>`,
    summary,
    options: [
      ...(verb === 'approve' ? [builds, acknowledge] : []),
      ['--by <name>', 'who answers; kept in the journal (required)'],
      [
        '--gate <id>',
        'the gate that is answered; on a terminal default: the open one, which is shown',
      ],
      ['--note <text>', 'why; kept in the journal'],
      ['-y, --yes', 'do not ask for confirmation'],
    ],
    example,
    run: async ({ args, options, out }) => {
      const { by, note } = options;
      if (by === undefined || by.trim() === '') {
        throw new CliError('WrongUsage', 'Say who answers: --by NAME. The journal keeps it.');
      }
      if (verb === 'skip' && note === undefined) {
        throw new CliError('WrongUsage', "A skipped step needs a reason: --note 'set by hand'");
      }
      return await withTemporal(async (temporal) => {
        const handle = temporal.client.workflow.getHandle(args[0] ?? '');
        const standing = await readStanding(temporal, handle);
        const gate = await chooseGate(verb, { runId: handle.workflowId, standing, options, out });
        const decision = {
          by,
          gate,
          ...(note === undefined ? {} : { note }),
          ...(options.build === undefined ? {} : { builds: options.build }),
          ...(options.acknowledge === undefined ? {} : { acknowledge: options.acknowledge }),
        };
        const workerAnswers = standing !== undefined;
        const delivery = await sendAnswer(temporal, handle, { verb, decision, workerAnswers });
        out.result(
          delivery === 'accepted'
            ? `${verb} accepted by ${handle.workflowId} (gate ${gate}).`
            : `${verb} sent to ${handle.workflowId} (gate ${gate}); no worker has answered yet, ` +
                'the run reads it when one works again.',
          { workflowId: handle.workflowId, verb, decision, delivery },
        );
        return exitStatus.done;
      });
    },
  });
}

interface Choice {
  readonly runId: string;
  readonly standing: Standing | undefined;
  readonly options: AnswerOptions;
  readonly out: Output;
}

/** The id of the gate that the answer names: an answer never opens a gate that nobody has seen. */
async function chooseGate(verb: Answer, choice: Choice): Promise<string> {
  const { runId, standing, options, out } = choice;
  if (options.gate !== undefined) return options.gate;
  if (!standing) {
    throw new CliError(
      'Failed',
      'No worker answers, so the open gate cannot be read. Name it with --gate, or start a worker.',
    );
  }
  const { gate } = standing;
  if (!gate) {
    throw new CliError('Failed', `${runId} waits for nobody: it is ${standing.status}.`);
  }
  // Where nobody sees which gate is open now, the answer is to the one that was seen before.
  if (out.interactive) return await confirmed(verb, gate, choice);
  throw new CliError(
    'WrongUsage',
    `Say which gate is answered. Open is "${gate.title}": ${answerCommand(verb, gate, runId)}`,
  );
}

async function confirmed(verb: Answer, gate: OpenGate, choice: Choice): Promise<string> {
  choice.out.line(gateText(gate, choice.runId, choice.out.paint));
  if (choice.options.yes === true) return gate.id;
  const said = await ask(`${verb} "${gate.title}"? [y/N] `);
  if (/^y(es)?$/i.test(said.trim())) return gate.id;
  throw new CliError('Failed', 'Nothing was sent.');
}

export const approve = answerRow(
  'approve',
  'open the gate and go on',
  "runbook approve restore-prod-20261124-1330-ab12 --by ana --gate launch-k3f9 --note 'seen'",
);
export const reject = answerRow(
  'reject',
  'close the gate and end the run',
  "runbook reject restore-prod-20261124-1330-ab12 --by ana --gate launch-k3f9 --note 'wrong image'",
);
export const retry = answerRow(
  'retry',
  'run the failed step again',
  "runbook retry restore-prod-20261124-1330-ab12 --by ana --gate failed-k3f9 --note 'disk space freed'",
);
export const skip = answerRow(
  'skip',
  'go on without the failed step, for a reason',
  "runbook skip restore-prod-20261124-1330-ab12 --by ana --gate failed-k3f9 --note 'hostname set by hand'",
);
export const abort = answerRow(
  'abort',
  'end the run and leave everything as it is',
  "runbook abort restore-prod-20261124-1330-ab12 --by ana --gate failed-k3f9 --note 'taking the other machine'",
);
