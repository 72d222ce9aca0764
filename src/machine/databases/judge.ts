/** What the signs mean together, in a word and in words for a person. Pure. */
import { dataFolders, type DatabaseSigns, type ServiceSigns } from './signs';

/**
 * Where the databases are. `unseen`: nothing tells, or only one thing that is not enough. Only `inside`
 * and `outside` are answers that a run may act on alone.
 */
export type Whereabouts = 'inside' | 'outside' | 'partly' | 'disagree' | 'unseen';

/** A judgement with every sign that it rests on, a line each. */
export interface Judgement {
  readonly verdict: Whereabouts;
  readonly signs: readonly string[];
}

/** Of one service; `partly` cannot be. */
type Place = Exclude<Whereabouts, 'partly'>;

/** What the signs of one service mean. */
export function placeOf({ container, folder, elsewhere, here, unclear }: ServiceSigns): Place {
  const isNamedElsewhere = (elsewhere?.length ?? 0) > 0;
  const holds = folder === 'holds';
  if (isNamedElsewhere) {
    if (here === true || container === 'runs') return 'disagree';
    // An installation that moved its databases out leaves the old folders behind.
    return container === 'missing' || !holds ? 'outside' : 'disagree';
  }
  if (container === 'runs') return 'inside';
  // Its absence alone proves nothing: an older release may not have the service at all.
  if (container === 'missing') return holds || here === true ? 'disagree' : 'unseen';
  const isRead = elsewhere !== undefined && unclear === undefined;
  return holds && isRead ? 'inside' : 'unseen';
}

/** Judges the whole. What runbook.yaml says of the databases is one more sign, and the only one where
 * nothing else was seen. */
export function judgeDatabases({ configured, services }: DatabaseSigns): Judgement {
  const places = services.map((signs) => [signs.service, placeOf(signs)] as const);
  const seen = verdictOf(new Map(places));
  const contradicted =
    (configured === true && seen === 'inside') ||
    (configured === false && (seen === 'outside' || seen === 'partly'));
  const said = { true: 'outside', false: 'inside' } as const;
  const verdict = contradicted
    ? 'disagree'
    : seen === 'unseen' && configured !== undefined
      ? said[`${configured}`]
      : seen;
  const seenThere = services.length > 0 ? services.map(lineOf) : [unvisited];
  return { verdict, signs: [...seenThere, ...configuredLine(configured)] };
}

const unvisited = 'nothing could be seen on the machine';

function verdictOf(places: ReadonlyMap<string, Place>): Whereabouts {
  const all = [...places.values()];
  if (all.includes('disagree')) return 'disagree';
  if (all.includes('outside')) return all.includes('inside') ? 'partly' : 'outside';
  const holdWhatMatters = ['PostgreSQL', 'MongoDB'].every((one) => places.get(one) === 'inside');
  return holdWhatMatters ? 'inside' : 'unseen';
}

function configuredLine(configured: boolean | undefined): string[] {
  if (configured === undefined) return [];
  return [`runbook.yaml says externalServices: ${String(configured)}`];
}

const containerText = { runs: 'its container runs', missing: 'no container, while the app is up' };
const folderText = { holds: 'holds files', empty: 'is empty', absent: 'is not there' };

/** `PostgreSQL: its container runs; /data/circle/postgres holds files`. */
function lineOf({ service, container, folder, ...named }: ServiceSigns): string {
  const { elsewhere, here, unclear = [] } = named;
  const told = [
    container && containerText[container],
    folder && `${dataFolders[service] ?? ''} ${folderText[folder]}`,
    elsewhere === undefined ? 'the customisations could not be read' : undefined,
    elsewhere?.length ? `the customisations name ${elsewhere.join(', ')}` : undefined,
    here && 'the customisations name this machine',
    unclear.length > 0 ? `${unclear.join(', ')} cannot be read` : undefined,
  ].filter((one) => one !== undefined);
  return `${service}: ${told.length > 0 ? told.join('; ') : 'nothing was seen of it'}`;
}

/** What a record without signs says; it was deduced from a setting that says nothing of databases. */
const unreasoned =
  'the backup says that they are outside, but not why: versions before took `allow_cluster` for it, ' +
  'which says only that builds run on other machines';

/**
 * Judges by the record of a backup and by what runbook.yaml says now. Without a record, as of an
 * image made by hand, only the latter is left.
 */
export function judgeRecorded(
  record:
    | { readonly externalServices: boolean; readonly databases?: DatabaseSigns | undefined }
    | undefined,
  configured: boolean | undefined,
): Judgement {
  if (record?.databases) {
    const { databases } = record;
    return judgeDatabases({ ...databases, configured: configured ?? databases.configured });
  }
  const byFile = configuredLine(configured);
  if (record?.externalServices === false) {
    const verdict = configured === true ? 'disagree' : 'inside';
    return { verdict, signs: ['the backup says that they are in the image', ...byFile] };
  }
  const signs = [record ? unreasoned : 'the image carries no record', ...byFile];
  if (configured === undefined) return { verdict: 'unseen', signs };
  if (configured) return { verdict: 'outside', signs };
  return { verdict: record ? 'disagree' : 'inside', signs };
}
