/**
 * Which backups are kept, by rules with the names and the meaning that restic gives them
 * (https://restic.readthedocs.io/en/stable/060_forget.html). Pure: the same backups and rules give
 * the same verdicts. Days, weeks (ISO 8601) and months are those of UTC.
 */

/** How many backups are kept; at least one rule is given. */
export interface KeepRules {
  /** The newest ones. */
  readonly last?: number | undefined;
  /** The newest one of each of the last days, weeks, months that have one. */
  readonly daily?: number | undefined;
  readonly weekly?: number | undefined;
  readonly monthly?: number | undefined;
  /** Seconds before the newest one: every backup that is not older. */
  readonly within?: number | undefined;
}

/** A backup as the rules see it. */
export interface Candidate {
  readonly id: string;
  /** Which backup it is of; its copies in the same region say the same. Absent: one of its own. */
  readonly backup?: string;
  /** ISO 8601, UTC. */
  readonly takenAt: string;
  /** ISO 8601, UTC: when AWS made it of a machine; absent for a copy of an image. */
  readonly imagedAt?: string | undefined;
  readonly state: 'usable' | 'pending' | 'unusable';
  /** Why a person wants it kept. */
  readonly held?: string | undefined;
  /** ISO 8601, UTC: when a restore from it was last proved to work. */
  readonly provenAt?: string | undefined;
  /** Whether the last drill of it found it bad: then a restore does not choose it by itself. */
  readonly isFoundBad?: boolean | undefined;
  /** What works with it just now. */
  readonly usedBy?: string | undefined;
}

/** What becomes of one backup, and every reason for it. */
export interface Verdict {
  readonly id: string;
  readonly takenAt: string;
  readonly keep: boolean;
  readonly because: readonly string[];
}

/** Decides about every backup, the newest first; copies of one backup count as one. */
export function decide(candidates: readonly Candidate[], rules: KeepRules): Verdict[] {
  const newestFirst = [...candidates].sort(
    (a, b) => Date.parse(b.takenAt) - Date.parse(a.takenAt) || b.id.localeCompare(a.id),
  );
  const all = newestFirst.filter(({ state }) => state === 'usable');
  const usable = oneOfEach(all);
  const reasons = new Map<string, string[]>(newestFirst.map(({ id }) => [id, []]));
  const keep = (one: Candidate | undefined, why: string): void => {
    if (one) reasons.get(one.id)?.push(why);
  };
  const keepBackup = (one: Candidate | undefined, why: string, among = all): void => {
    if (one === undefined) return;
    for (const copy of among) if (backupOf(copy) === backupOf(one)) keep(copy, why);
  };
  const [newest] = usable;
  keepBackup(newest, 'it is the newest usable one');
  const good = usable.find(({ isFoundBad }) => isFoundBad !== true);
  if (good !== newest) keepBackup(good, 'it is the newest usable one that no drill found bad');
  const imaged = lastImaged(all);
  // Should the clock behind the records have been wrong, AWS's own tells which one is the newest.
  if (imaged && newest && backupOf(imaged) !== backupOf(newest)) {
    keepBackup(imaged, 'it is the last one that was made of the machine');
  }
  keepBackup(lastProven(newestFirst), 'it is the last one that a restore has proved', newestFirst);
  for (const one of newestFirst) {
    if (one.held !== undefined) keep(one, `it is held: ${one.held}`);
    if (one.usedBy !== undefined) keep(one, `${one.usedBy} uses it`);
    if (one.state === 'pending') keep(one, 'it is still being made, or cannot be judged');
    if (one.state === 'unusable' && !isOlder(one, newest)) {
      keep(one, 'it is not usable, but no newer one is');
    }
  }
  for (const [one, why] of byRules(usable, rules)) keepBackup(one, why);
  return newestFirst.map(({ id, takenAt, state }) => {
    const because = reasons.get(id) ?? [];
    const why = state === 'unusable' ? 'it is not usable, and a newer one is' : 'no rule keeps it';
    return { id, takenAt, keep: because.length > 0, because: because.length > 0 ? because : [why] };
  });
}

function backupOf({ id, backup }: Candidate): string {
  return backup ?? id;
}

/** Each backup once, in the same order. */
function oneOfEach(candidates: readonly Candidate[]): Candidate[] {
  const seen = new Set<string>();
  return candidates.filter((one) => {
    const isNew = !seen.has(backupOf(one));
    seen.add(backupOf(one));
    return isNew;
  });
}

function lastImaged(candidates: readonly Candidate[]): Candidate | undefined {
  return candidates
    .filter(({ imagedAt }) => imagedAt !== undefined)
    .sort((a, b) => Date.parse(b.imagedAt ?? '') - Date.parse(a.imagedAt ?? ''))[0];
}

function byRules(usable: readonly Candidate[], rules: KeepRules): [Candidate, string][] {
  const { last = 0, within } = rules;
  const kept: [Candidate, string][] = usable
    .slice(0, last)
    .map((one) => [one, `last ${String(last)}`]);
  const periods = [
    ['daily', rules.daily, (at: Date) => at.toISOString().slice(0, 10)],
    ['weekly', rules.weekly, weekOf],
    ['monthly', rules.monthly, (at: Date) => at.toISOString().slice(0, 7)],
  ] as const;
  for (const [name, count = 0, periodOf] of periods) {
    const newestOf = new Map<string, Candidate>();
    for (const one of usable) {
      const period = periodOf(new Date(one.takenAt));
      if (!newestOf.has(period)) newestOf.set(period, one);
    }
    for (const [period, one] of [...newestOf].slice(0, count))
      kept.push([one, `${name} ${period}`]);
  }
  const [newest] = usable;
  if (within !== undefined && newest !== undefined) {
    const since = Date.parse(newest.takenAt) - within * 1000;
    for (const one of usable) {
      if (Date.parse(one.takenAt) >= since)
        kept.push([one, 'taken within the time before the newest']);
    }
  }
  return kept;
}

function lastProven(candidates: readonly Candidate[]): Candidate | undefined {
  return candidates
    .filter(({ provenAt }) => provenAt !== undefined)
    .sort((a, b) => Date.parse(b.provenAt ?? '') - Date.parse(a.provenAt ?? ''))[0];
}

function isOlder(one: Candidate, than: Candidate | undefined): boolean {
  return than !== undefined && Date.parse(one.takenAt) < Date.parse(than.takenAt);
}

/** The ISO 8601 week, such as `2026-W48`: it belongs to the year of its Thursday. */
function weekOf(at: Date): string {
  const day = (at.getUTCDay() + 6) % 7;
  const thursday = new Date(
    Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate() - day + 3),
  );
  const year = thursday.getUTCFullYear();
  const days = (thursday.getTime() - Date.UTC(year, 0, 1)) / 86_400_000;
  return `${String(year)}-W${String(Math.floor(days / 7) + 1).padStart(2, '0')}`;
}
