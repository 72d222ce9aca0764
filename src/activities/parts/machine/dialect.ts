/**
 * The dialect in which a machine's Replicated is spoken to, found out once for each connection; and
 * the patience with answers that nobody here can read.
 */
import { refuse } from '../../../contract/failures';
import {
  askForDialect,
  chooseDialect,
  dialects,
  type Choice,
} from '../../../machine/dialects/choose';
import type { Dialect } from '../../../machine/dialects/dialect';
import { saidShortly } from '../../../machine/text/said';
import type { Remote } from '../../frame/on-machine';

const spoken = new WeakMap<Remote, Choice & { readonly kind: 'dialect' }>();

/** What came of asking in each dialect; only an answer is remembered, silence is asked again. */
export async function choiceOf(remote: Remote): Promise<Choice> {
  const known = spoken.get(remote);
  if (known !== undefined) return known;
  const choice = chooseDialect((await remote.run(askForDialect)).stdout);
  if (choice.kind === 'dialect') spoken.set(remote, choice);
  return choice;
}

/**
 * The dialect of this connection's machine. While Replicated gives no answer that can be read it is
 * the newest: in none would it, and the next question asks again. Refuses where it knows no dialect.
 */
export async function dialectOf(remote: Remote): Promise<Dialect> {
  const choice = await choiceOf(remote);
  if (choice.kind === 'unknown') {
    throw refuse(
      'AnswerUnreadable',
      'No command line of Replicated that is known here is understood on the machine, so its app can ' +
        'neither be seen nor stopped nor started by this product. If it wants a login, log in there ' +
        '(`sudo replicated login`); else look at `replicatedctl version` and ' +
        `docs/operate/machines.md, then retry. It said: ${choice.said}`,
    );
  }
  return choice.kind === 'dialect' ? choice.dialect : dialects.status;
}

/** `, by …` for a journal; the newest dialect goes without saying. */
export async function byDialect(remote: Remote): Promise<string> {
  const { name, title } = await dialectOf(remote);
  return name === 'status' ? '' : `, by ${title}`;
}

const unreadable = new WeakMap<Remote, number>();

/**
 * A daemon that starts may answer anything for a moment; one that says the same strange thing a
 * dozen times in a row will not stop, and waiting for the limit would only hide it.
 */
const patience = 12;

/** Counts unreadable answers in a row over one connection; refuses when they do not end. */
export function bearWith(remote: Remote, isReadable: boolean, said: string): void {
  const count = isReadable ? 0 : (unreadable.get(remote) ?? 0) + 1;
  unreadable.set(remote, count);
  if (count < patience) return;
  unreadable.delete(remote);
  throw refuse(
    'AnswerUnreadable',
    `Replicated has answered ${String(count)} times in a row in a shape that is not known here, so ` +
      'nothing is done on a guess. Look at the Management Console and at ' +
      `\`docker logs replicated\`, then retry. It said: ${saidShortly(said, 300)}`,
  );
}
