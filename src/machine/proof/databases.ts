/**
 * The app's databases, asked themselves: whether they answer, and whether they hold at least what
 * they held at the backup. Only questions whose answer grows: PostgreSQL's next transaction, the
 * names of its databases, MongoDB's newest build. None changes anything. Pure.
 */
import { z } from 'zod';
import type { Command } from '../shell/commands';

/**
 * The transaction number counts every write since the cluster was made and is part of what a crash
 * recovers. The client is the vendor's own way in: `docker exec postgres psql -U circle`.
 */
export const askPostgres: Command = {
  readsOnly: true,
  name: 'the question to PostgreSQL',
  script:
    'timeout 25 docker exec postgres psql -U circle -d postgres -w -A -t -q -X -c "$1" </dev/null',
  args: [
    "SELECT 'next ' || txid_snapshot_xmax(txid_current_snapshot()) UNION ALL " +
      "SELECT 'database ' || datname FROM pg_database WHERE NOT datistemplate",
  ],
  timeoutSeconds: 40,
};

/**
 * The newest id by the index that every collection has, so that millions of builds cost nothing. A
 * count would be wrong after a crash, says MongoDB's manual of `count()`.
 */
export const askMongo: Command = {
  readsOnly: true,
  name: 'the question to MongoDB',
  script: 'timeout 25 docker exec mongo mongo --quiet circle_ghe --eval "$1" </dev/null',
  args: [
    'var newest = db.builds.find({}, {_id: 1}).sort({_id: -1}).limit(1).maxTimeMS(15000).toArray();' +
      "print('collections ' + db.getCollectionNames().length);" +
      "print('newest ' + (newest.length === 0 ? 'none' : (newest[0]._id.str || newest[0]._id)));",
  ],
  timeoutSeconds: 40,
};

const postgres = z.object({ next: z.number(), databases: z.array(z.string()) });
const mongo = z.object({
  collections: z.number(),
  /** The id of the newest build, 24 hexadecimal digits; absent: there was none, or no such id. */
  newest: z.string().optional(),
});

/** What the databases said at the backup; absent: they could not be asked. */
export const recordedDatabases = z.object({
  postgres: postgres.optional(),
  mongo: mongo.optional(),
});

export type RecordedDatabases = Readonly<z.infer<typeof recordedDatabases>>;
export type PostgresSaid = z.infer<typeof postgres>;
export type MongoSaid = z.infer<typeof mongo>;

/** Reads PostgreSQL's answer; undefined for anything else. */
export function parsePostgres(text: string): PostgresSaid | undefined {
  const next = /^next (\d+)$/m.exec(text)?.[1];
  const databases = [...text.matchAll(/^database (.+)$/gm)].map(([, name = '']) => name.trim());
  return next === undefined ? undefined : { next: Number(next), databases: databases.sort() };
}

/** Reads MongoDB's answer; undefined for anything else. */
export function parseMongo(text: string): MongoSaid | undefined {
  const collections = /^collections (\d+)$/m.exec(text)?.[1];
  const newest = /^newest ([0-9a-f]{24})$/m.exec(text)?.[1];
  if (collections === undefined) return undefined;
  return { collections: Number(collections), ...(newest === undefined ? {} : { newest }) };
}

/** As it goes into the record: a machine with many databases keeps the names of some. */
export function toRecord({ postgres: said, mongo: other }: RecordedDatabases): RecordedDatabases {
  return {
    ...(said === undefined
      ? {}
      : { postgres: { ...said, databases: said.databases.slice(0, 16) } }),
    ...(other === undefined ? {} : { mongo: other }),
  };
}

/** What an answer proves. */
export interface Judged {
  readonly ok: boolean;
  readonly seen: string;
}

/** Whether PostgreSQL holds what it held. */
export function judgePostgres(now: PostgresSaid, then: PostgresSaid | undefined): Judged {
  const answers = `answers, next transaction ${String(now.next)}, ${String(now.databases.length)} databases`;
  if (then === undefined)
    return { ok: true, seen: `${answers}; nothing was recorded to compare with` };
  const missing = then.databases.filter((name) => !now.databases.includes(name));
  const had = `at the backup ${String(then.next)} and ${String(then.databases.length)}`;
  if (missing.length > 0) {
    return { ok: false, seen: `${answers}; ${had}: it LACKS ${missing.join(', ')}` };
  }
  const isOlder = now.next < then.next;
  return {
    ok: !isOlder,
    seen: `${answers}; ${had}${isOlder ? ': it is OLDER than the backup' : ''}`,
  };
}

/**
 * Whether MongoDB holds what it held. On a machine that an earlier run has finished, builds may have
 * been deleted on purpose since.
 */
export function judgeMongo(
  now: MongoSaid,
  then: MongoSaid | undefined,
  mayHaveShrunk: boolean,
): Judged {
  const newest = now.newest === undefined ? 'no build' : `newest build ${whenMade(now.newest)}`;
  const answers = `answers, ${newest}, ${String(now.collections)} collections`;
  if (then === undefined)
    return { ok: true, seen: `${answers}; nothing was recorded to compare with` };
  const had =
    `at the backup ${then.newest === undefined ? 'no build' : whenMade(then.newest)} and ` +
    String(then.collections);
  const lacks = now.collections < then.collections;
  // Hexadecimal ids of one length sort as the times that they begin with.
  const isOlder = then.newest !== undefined && (now.newest ?? '') < then.newest;
  if (!lacks && !isOlder) return { ok: true, seen: `${answers}; ${had}` };
  if (!lacks && mayHaveShrunk && now.newest !== undefined) {
    return { ok: true, seen: `${answers}; ${had}: builds were deleted since, or it is older` };
  }
  const what = lacks ? 'it LACKS collections' : 'it is OLDER than the backup, or EMPTY';
  return { ok: false, seen: `${answers}; ${had}: ${what}` };
}

/** The time that an ObjectId begins with. */
function whenMade(id: string): string {
  const seconds = Number.parseInt(id.slice(0, 8), 16);
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}
