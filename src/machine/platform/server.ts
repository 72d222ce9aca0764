/** Which release of CircleCI Server is installed, as far as Replicated says it. */
import { z } from 'zod';
import type { Command } from '../shell/commands';
import { dialects } from '../dialects/choose';
import type { DialectName } from '../dialects/dialect';
import { jsonWithin } from '../text/json';

/** Prints what Replicated keeps of the app. Its shape is published for two of its fields only. */
export function readApp(cli: DialectName): Command {
  return cli === 'old'
    ? { ...dialects.old.readAppStatus, confidential: true }
    : {
        readsOnly: true,
        script: '/usr/local/bin/replicatedctl app inspect --output json',
        args: [],
        timeoutSeconds: 30,
        confidential: true,
      };
}

const text = z.string().regex(/^[\w.+ -]{1,40}$/);
const named = z.object({
  VersionLabel: text.optional().catch(undefined),
  ReleaseVersion: text.optional().catch(undefined),
  Version: text.optional().catch(undefined),
});

/** The release's name in that answer, for people: nothing is decided by it. Never throws. */
export function parseServerVersion(answer: string): string | undefined {
  const json = jsonWithin(answer);
  const apps: unknown[] = Array.isArray(json) ? json : [json];
  const app = apps.length === 1 ? named.safeParse(apps[0]).data : undefined;
  return app?.VersionLabel ?? app?.ReleaseVersion ?? app?.Version;
}
