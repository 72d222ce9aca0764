/** The doctor's look at what the machine is made of: whether a restore of it could work at all. */
import { describeApp } from '../../machine/app/app-status';
import type { Command } from '../../machine/shell/commands';
import { askForDialect, chooseDialect, dialects, type Choice } from '../../machine/dialects/choose';
import { valueOf } from '../../machine/dialects/item';
import { lookAtPlatform, parsePlatform, type Platform } from '../../machine/platform/look';
import { parseServerVersion, readApp } from '../../machine/platform/server';
import { describePlatform, judgePlatform } from '../../machine/platform/supported';
import { parseReplicatedVersion } from '../../machine/app/replicated';
import type { Connection } from '../../world/ssh';
import { check, type Finding } from './check';

const notOurs = 'see servicesMachine: this is no Services machine, or Replicated is down';
const page = 'docs/operate/machines.md says what is supported';

/** Asks system and Replicated in the words that they know. */
export async function examinePlatform(
  name: string,
  machine: Connection,
): Promise<readonly Finding[]> {
  const platform = parsePlatform((await machine.run(lookAtPlatform)).stdout);
  const choice = chooseDialect((await machine.run(askForDialect)).stdout);
  const speaks = choice.kind === 'dialect' ? choice.dialect : dialects.status;
  const version = await check(`${name}: Replicated version`, notOurs, () =>
    said(machine, speaks.readVersion),
  );
  const replicated = parseReplicatedVersion(version.what.slice(version.what.lastIndexOf(': ') + 2));
  return [
    version,
    await judged(name, machine, { platform, choice, replicated }),
    await check(`${name}: app status`, notOurs, async () => {
      const text = await said(machine, speaks.readAppStatus, 4000);
      const status = speaks.parseAppStatus(text);
      if (status.kind !== 'unreadable') return `${describeApp(status)}, by ${speaks.title}`;
      throw new Error(describeApp(status));
    }),
    await check(`${name}: hostname of the app`, notOurs, async () => {
      const hostname = valueOf(await said(machine, speaks.readItem('hostname')));
      if (hostname !== undefined) return hostname;
      throw new Error('it has none');
    }),
  ];
}

interface Seen {
  readonly platform: Platform;
  readonly choice: Choice;
  readonly replicated: string | undefined;
}

async function judged(name: string, machine: Connection, seen: Seen): Promise<Finding> {
  const { platform, choice, replicated } = seen;
  const { cannot, untried } = judgePlatform({ platform, choice, replicated });
  const cli = choice.kind === 'dialect' ? choice.dialect.name : undefined;
  const server = cli && parseServerVersion((await machine.run(readApp(cli))).stdout);
  const { init, docker, os } = platform;
  const is = describePlatform({ os: os.name, init, docker, server, cli }, replicated);
  const what = `${name}: what the machine is`;
  if (cannot.length > 0) {
    const why = `it cannot be restored by this product: ${cannot.join('; ')}`;
    return { level: 'FAIL', what: `${what}: ${is}: ${why}`, todo: page };
  }
  return untried.length > 0
    ? { level: 'warn', what: `${what}: ${is}: ${untried.join('; ')}`, todo: page }
    : { level: 'ok', what: `${what}: ${is}` };
}

async function said(machine: Connection, command: Command, limit = 80): Promise<string> {
  const { exitCode, stdout, stderr } = await machine.run(command);
  if (exitCode === 0) return limit > 100 ? stdout : oneLine(stdout, limit);
  throw new Error(`status ${String(exitCode)}: ${oneLine(`${stderr} ${stdout}`, limit)}`);
}

function oneLine(text: string, limit: number): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  return flat.length > limit ? `${flat.slice(0, limit - 1)}…` : flat;
}
