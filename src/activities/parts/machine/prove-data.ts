/** Whether the data came back: what the databases say themselves, and the marks on the volumes. */
import type { Machine } from '../../../contract/plan';
import type { HealthCheck } from '../../../contract/reports';
import type { BackupRecord } from '../../../machine/backups/backup-record';
import * as databases from '../../../machine/proof/databases';
import { judgeMarks, parseMarks, readMarks } from '../../../machine/proof/marks';
import { saidLast } from '../../../machine/text/said';
import type { CommandResult } from '../../../world/ssh';
import type { Remote } from '../../frame/on-machine';

/** What the data of a machine is held against. */
export interface DataExpected {
  readonly machine: Machine;
  /** Absent for an image that was made by hand. */
  readonly record?: BackupRecord | undefined;
  /** Whether the databases are known to work on other machines. */
  readonly isExternal: boolean;
  /** An earlier run has finished this machine, and may have deleted builds on purpose. */
  readonly isTakenUp: boolean;
}

/** What was proven, and what this machine does not allow to prove. */
export interface DataProof {
  readonly checks: readonly HealthCheck[];
  readonly notes: readonly string[];
}

/** The check that says which point in time came back. */
export const pointInTime = 'point in time';

const silence = 'does not answer: ';

/** Whether another look would say the same: only a database that is silent may answer later. */
export function isSettled({ checks }: DataProof): boolean {
  return checks.every(({ ok, seen }) => ok || !seen.startsWith(silence));
}

/** Asks the databases what they hold, as a backup records it. */
export async function askDatabases(remote: Remote): Promise<{
  readonly said: databases.RecordedDatabases;
  /** Which could not be asked, and why. */
  readonly silent: readonly string[];
}> {
  const [one, other] = await remote.runAll([databases.askPostgres, databases.askMongo]);
  const postgres = answerOf(one, databases.parsePostgres);
  const mongo = answerOf(other, databases.parseMongo);
  return {
    said: {
      ...(postgres.answer === undefined ? {} : { postgres: postgres.answer }),
      ...(mongo.answer === undefined ? {} : { mongo: mongo.answer }),
    },
    silent: [
      ...(postgres.answer === undefined ? [`what PostgreSQL holds (${postgres.why})`] : []),
      ...(mongo.answer === undefined ? [`what MongoDB holds (${mongo.why})`] : []),
    ],
  };
}

interface Asked<T> {
  readonly answer: T | undefined;
  readonly why: string;
}

function answerOf<T>(
  { exitCode, stdout, stderr }: CommandResult,
  parse: (text: string) => T | undefined,
): Asked<T> {
  const answer = exitCode === 0 ? parse(stdout) : undefined;
  const said = saidLast(stderr || stdout, 160);
  return { answer, why: `status ${String(exitCode)}${said === '' ? '' : `: ${said}`}` };
}

/** The checks of a restored machine's data, against its backup's record. */
export async function proveData(remote: Remote, expected: DataExpected): Promise<DataProof> {
  const proof: Proof = { checks: [], notes: [] };
  const { record, isExternal } = expected;
  const targets = record?.marks ?? [];
  const lookAtMarks = readMarks(targets.length > 0 ? targets : ['/']);
  if (isExternal && record?.holdings === undefined) {
    proof.notes.push('The databases are on other machines: they were not asked what they hold.');
    provePointInTime((await remote.run(lookAtMarks)).stdout, expected, proof);
    return proof;
  }
  const [postgres, mongo, marks] = await remote.runAll([
    databases.askPostgres,
    databases.askMongo,
    lookAtMarks,
  ]);
  proveDatabases({ postgres, mongo }, expected, proof);
  provePointInTime(marks.stdout, expected, proof);
  return proof;
}

interface Proof {
  readonly checks: HealthCheck[];
  readonly notes: string[];
}

function proveDatabases(
  said: { readonly postgres: CommandResult; readonly mongo: CommandResult },
  { record, isTakenUp }: DataExpected,
  { checks, notes }: Proof,
): void {
  const then = record?.holdings;
  const postgres = answerOf(said.postgres, databases.parsePostgres);
  const mongo = answerOf(said.mongo, databases.parseMongo);
  const add = (
    name: string,
    {
      judged,
      wasAsked,
      why,
    }: { judged?: databases.Judged | undefined; wasAsked: boolean; why: string },
  ): void => {
    if (judged !== undefined) checks.push({ name, ...judged });
    else if (wasAsked) checks.push({ name, ok: false, seen: `${silence}${why}` });
    else notes.push(`${name} could not be asked what it holds, at the backup neither: ${why}.`);
  };
  add('PostgreSQL', {
    judged: postgres.answer && databases.judgePostgres(postgres.answer, then?.postgres),
    wasAsked: then?.postgres !== undefined,
    why: postgres.why,
  });
  add('MongoDB', {
    judged: mongo.answer && databases.judgeMongo(mongo.answer, then?.mongo, isTakenUp),
    wasAsked: then?.mongo !== undefined,
    why: mongo.why,
  });
}

function provePointInTime(
  printed: string,
  { machine, record }: DataExpected,
  { checks, notes }: Proof,
): void {
  const targets = record?.marks ?? [];
  const found = parseMarks(printed);
  if (record === undefined || targets.length === 0) {
    const one = found.get('/');
    if (one)
      notes.push(`The root volume bears the mark of the backup of ${one.takenAt} (${one.run}).`);
    else notes.push('The backup left no mark: nothing on the volumes tells their point in time.');
    return;
  }
  const { run, takenAt, sourceInstanceId: instanceId } = record;
  const mark = { run, takenAt, instanceId };
  checks.push({
    name: pointInTime,
    ...judgeMarks(found, { targets, mark }, machine.instanceId),
  });
}
