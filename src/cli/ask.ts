/** Asks the person at the terminal. */
import { createInterface } from 'node:readline/promises';
import { CliError } from './exit-status';

/** Reads one line; Ctrl-C and Ctrl-D end the command without an answer. */
export async function ask(question: string): Promise<string> {
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await new Promise<string>((resolve, reject) => {
      // The prompt takes Ctrl-C from the terminal, so that no signal would reach the process.
      prompt.once('SIGINT', () => {
        process.emit('SIGINT');
        prompt.close();
      });
      prompt.once('close', () => {
        reject(new CliError('Failed', 'Nothing was answered.'));
      });
      prompt.question(question).then(resolve, reject);
    });
  } finally {
    prompt.close();
  }
}
