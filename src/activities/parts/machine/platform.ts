/** Looks at what a machine is made of, and says what a restore of it would meet. */
import type { PlatformRecord } from '../../../machine/platform/supported';
import { judgePlatform, type Verdict } from '../../../machine/platform/supported';
import { lookAtPlatform, parsePlatform } from '../../../machine/platform/look';
import { parseServerVersion, readApp } from '../../../machine/platform/server';
import { parseReplicatedVersion } from '../../../machine/app/replicated';
import { choiceOf } from './dialect';
import type { Remote } from '../../frame/on-machine';

/** What was seen, as a backup records it. */
export interface PlatformSeen {
  readonly record: PlatformRecord;
  readonly verdict: Verdict;
  readonly distribution?: 'debian' | 'rhel';
  readonly replicatedVersion?: string;
  /** What could not be read, one line each. */
  readonly unread: readonly string[];
}

/** Asks system and Replicated; what does not answer is named, and decides nothing. */
export async function seePlatform(remote: Remote): Promise<PlatformSeen> {
  const platform = parsePlatform(await remote.read(lookAtPlatform));
  const choice = await choiceOf(remote);
  const dialect = choice.kind === 'dialect' ? choice.dialect : undefined;
  const said = dialect && (await remote.run(dialect.readVersion)).stdout.trim();
  const replicatedVersion = said === undefined ? undefined : parseReplicatedVersion(said);
  const app = dialect && (await remote.run(readApp(dialect.name))).stdout;
  const verdict = judgePlatform({ platform, choice, replicated: replicatedVersion });
  const cannot = verdict.cannot.join('; ').slice(0, 300);
  return {
    record: {
      os: platform.os.name.slice(0, 60),
      init: platform.init,
      cli: dialect?.name,
      docker: platform.docker,
      server: app === undefined ? undefined : parseServerVersion(app),
      ...(cannot === '' ? {} : { cannot }),
    },
    verdict,
    distribution: platform.os.distribution,
    replicatedVersion,
    unread: [
      ...(replicatedVersion === undefined ? [`Replicated version (${whyNone(choice, said)})`] : []),
      ...(platform.os.distribution === undefined
        ? [`distribution (it says "${platform.os.name}")`]
        : []),
    ],
  };
}

function whyNone(choice: Awaited<ReturnType<typeof choiceOf>>, said: string | undefined): string {
  if (choice.kind !== 'dialect') return choice.said || 'no answer';
  return said ? `unreadable: ${said.replace(/\s+/g, ' ').slice(0, 80)}` : 'no answer';
}
