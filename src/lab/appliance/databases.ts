/** `psql` and `mongo` inside their containers: the questions that production asks, no SQL engine. */
import { mongoOf, postgresOf } from '../machine/databases';
import type { Machine } from '../machine/machine';
import type { CommandOutput } from '../shapes';
import { failed, printed } from './model';

/** Answers when the command is a database's client in its own container; undefined otherwise. */
export function askDatabase(
  machine: Machine,
  container: string,
  [program = '', ...args]: readonly string[],
): CommandOutput | undefined {
  if (container === 'postgres' && program === 'psql') return psql(machine, args);
  if (container === 'mongo' && program === 'mongo') return mongoShell(machine, args);
  return undefined;
}

function psql(machine: Machine, args: readonly string[]): CommandOutput {
  const query = args.at(-1) ?? '';
  if (!args.includes('circle')) return failed('psql: FATAL:  role "root" does not exist\n', 2);
  if (!query.includes('txid_snapshot_xmax') || !query.includes('pg_database')) {
    return failed('ERROR:  the lab knows no such query\n');
  }
  const { names, next } = postgresOf(machine);
  const rows = [`next ${String(next)}`, ...names.map((name) => `database ${name}`)];
  return printed(rows.map((row) => `${row}\n`).join(''));
}

function mongoShell(machine: Machine, args: readonly string[]): CommandOutput {
  const script = args.at(-1) ?? '';
  if (!args.includes('circle_ghe') || !script.includes('db.builds.find')) {
    return failed('[js] SyntaxError: the lab knows no such script\n', 253);
  }
  const { collections, newest } = mongoOf(machine);
  return printed(`collections ${String(collections)}\nnewest ${newest}\n`);
}
