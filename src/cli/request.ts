/** Builds the one JSON object that starts a run, and the run's business name. */
import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import type { RunbookName } from '../contract/reports';
import {
  backupRequest,
  cleanUpBuildsRequest,
  drillRequest,
  problemsOf,
  pruneRequest,
  refreshSpareRequest,
  restoreRequest,
} from '../contract/requests';
import { CliError } from './exit-status';

/** What a run is started with. */
export interface RunRequest {
  readonly runbook: RunbookName;
  readonly installation: string;
  /** The workflow's only argument, with no more in it than was asked for. */
  readonly input: Readonly<Record<string, unknown>>;
}

export interface BackupOptions {
  readonly consistency?: string;
  readonly unattended?: boolean;
}

export interface RestoreOptions {
  readonly from?: string;
  readonly region?: string;
  readonly image?: string;
  readonly instance?: string;
  readonly replaces?: string;
  readonly build?: readonly string[];
  readonly acknowledge?: readonly string[];
  readonly unattended?: boolean;
}

/** The request of `runbook backup`. */
export function requestBackup(installation: string, options: BackupOptions): RunRequest {
  const { consistency, unattended } = options;
  return checked('backup', backupRequest, { installation, consistency, unattended });
}

/** The request of `runbook restore`. */
export function requestRestore(installation: string, options: RestoreOptions): RunRequest {
  return checked('restore', restoreRequest, {
    installation,
    from: options.from,
    region: options.region,
    image: options.image,
    instance: options.instance,
    replaces: options.replaces === undefined ? undefined : parseReplaces(options.replaces),
    builds: options.build,
    acknowledge: options.acknowledge,
    unattended: options.unattended,
  });
}

/** The request of `runbook clean-up-builds`. */
export function requestCleanUp(
  installation: string,
  builds: readonly string[],
  options: { readonly unattended?: boolean },
): RunRequest {
  const { unattended } = options;
  const named = builds.length > 0 ? builds : undefined;
  return checked('cleanUpBuilds', cleanUpBuildsRequest, {
    installation,
    builds: named,
    unattended,
  });
}

/** The request of `runbook refresh-spare`. */
export function requestRefreshSpare(
  installation: string,
  { unattended }: { readonly unattended?: boolean },
): RunRequest {
  return checked('refreshSpare', refreshSpareRequest, { installation, unattended });
}

/** The request of `runbook drill`. */
export function requestDrill(
  installation: string,
  { unattended }: { readonly unattended?: boolean },
): RunRequest {
  return checked('drill', drillRequest, { installation, unattended });
}

/** The request of `runbook prune`. */
export function requestPrune(
  installation: string,
  { dryRun, unattended }: { readonly dryRun?: boolean; readonly unattended?: boolean },
): RunRequest {
  return checked('prune', pruneRequest, { installation, dryRun, unattended });
}

/** A workflow id such as `restore-prod-20261124-1330-ab12`. */
export function runId(request: RunRequest, now: Date): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 13);
  const name = request.runbook.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `${name}-${request.installation}-${stamp}-${randomBytes(2).toString('hex')}`;
}

function parseReplaces(text: string): { private: string; public?: string } {
  const [first = '', second, ...more] = text.split(',').map((part) => part.trim());
  if (more.length > 0) {
    throw new CliError('WrongUsage', '--replaces takes PRIVATE or PRIVATE,PUBLIC');
  }
  return second === undefined ? { private: first } : { private: first, public: second };
}

/** The worker checks again; here a typing error costs no run. */
function checked(
  runbook: RunbookName,
  schema: z.ZodType,
  wanted: Readonly<Record<string, unknown>> & { readonly installation: string },
): RunRequest {
  const given = Object.entries(wanted).filter(([, value]) => value !== undefined);
  const input = Object.fromEntries(given);
  const outcome = schema.safeParse(input);
  if (!outcome.success) {
    throw new CliError('WrongUsage', problemsOf(outcome.error).join('\n'));
  }
  return { runbook, installation: wanted.installation, input };
}
