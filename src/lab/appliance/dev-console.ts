/**
 * `replicated admin dev-console`: a Clojure REPL in the frontend's container. It prints whatever a
 * form throws and goes on, and ends with exit 0 always. What the real `admin/delete-build` returns
 * is not published: here it is nil, or an exception for a build that is not there.
 */
import type { Machine } from '../machine/machine';
import { seconds } from '../machine/timing';
import { includes } from '../machine/traps';
import type { CommandOutput } from '../shapes';
import { evaluate, Exit, readable, readForms, Thrown, type Runtime, type Value } from './clojure';
import { failed, printed } from './model';

const banner = [
  'REPL-y 0.3.7, nREPL 0.2.12',
  'Clojure 1.9.0',
  'OpenJDK 64-Bit Server VM 1.8.0_222-b10',
  '    Docs: (doc function-name-here)',
  '          (find-doc "part-of-name-here")',
  '  Source: (source function-name-here)',
  '    Exit: Control+D or (exit) or (quit)',
  '',
].join('\n');

/** Feeds the text to the console. */
export async function runDevConsole(machine: Machine, text: string): Promise<CommandOutput> {
  if (!machine.app.containers().includes('frontend')) {
    return failed('Error: No such container: frontend\n');
  }
  await machine.surroundings.clock.sleep(seconds.loadDevConsole);
  const output = [`${banner}\n`];
  const runtime: Runtime = {
    functions: new Map([['admin/delete-build', ([url]) => deleteBuild(machine, url)]]),
    print: (said) => {
      output.push(said);
    },
  };
  try {
    for (const form of readForms(text)) {
      output.push('user=> ');
      output.push(resultOf(form, runtime));
    }
    output.push('user=> ');
  } catch (error) {
    if (!(error instanceof Exit)) {
      throw error;
    }
  }
  return printed(`${output.join('')}Bye for now!\n`);
}

function resultOf(form: Value, runtime: Runtime): string {
  try {
    return `${readable(evaluate(form, runtime))}\n`;
  } catch (error) {
    if (!(error instanceof Thrown)) {
      throw error;
    }
    return `\n${error.className}: ${error.message}\n    at circle.repl$eval (repl.clj:1)\n\n`;
  }
}

function deleteBuild(machine: Machine, url: Value | undefined): Value {
  const { durable, volatile } = machine.state;
  const wanted = typeof url === 'string' ? url : readable(url ?? null);
  if (includes(volatile.traps.deleteBuildFails, wanted)) {
    throw new Thrown('com.mongodb.MongoTimeoutException', 'Timed out after 30000 ms');
  }
  const build = durable.builds.find((known) => known.url === wanted);
  if (build === undefined) {
    throw new Thrown('clojure.lang.ExceptionInfo', `build not found: ${wanted}`);
  }
  durable.builds = durable.builds.filter((known) => known !== build);
  machine.state.saveDurable();
  machine.note('app', `build deleted: ${wanted}`);
  return null;
}
