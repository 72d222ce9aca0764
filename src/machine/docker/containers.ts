/**
 * Whose containers run on the machine. Replicated marks those of an app with the label
 * `com.replicated.app.id=<AppID>` and its own with `owner=replicated`, and finds them by these
 * (replicatedcom/support-bundle has the `docker ps` of a Replicated 2.34.1 machine). Names decide
 * only where no container has a label: people run containers of their own there, under any name.
 */

/** Whose a container is: the app's, Replicated's own, or that of somebody else. */
export type ContainerOwner = 'app' | 'replicated' | 'foreign';

/** A container that runs. */
export interface Container {
  readonly name: string;
  readonly owner: ContainerOwner;
}

/** For `docker ps --format`: both labels, the image and the names, which come last. */
export const containerFormat =
  '{{.Label "com.replicated.app.id"}}|{{.Label "owner"}}|{{.Image}}|{{.Names}}';

/** The line that says that containers have labels there, whether one of these runs or not. */
export const labelled = 'labels are used';

/**
 * Bash that prints that line where Replicated labels its containers. On a copy that is silent none of
 * them runs, but those of the image are there, and have ended.
 */
export const lookForLabels =
  '{ timeout 25 docker ps -aq --filter label=com.replicated.app.id; ' +
  'timeout 25 docker ps -aq --filter label=owner=replicated; } 2>/dev/null | ' +
  `sed -n '1s/.*/${labelled}/p'`;

// Made by the units themselves, whose options need not set a label.
const ofUnits = /^replicated(-ui|-operator)?$/;
// Replicated's own: the daemon, its UI, operator, premkit and statsd, and Retraced, its audit log.
const ofReplicated = /^(replicated(-|$)|retraced-|premkit$|statsd$)/;

// As the vendor's administrators' page lists them.
const ofApp = new Set(
  (
    'frontend dispatcher legacy-notifier api-service workflows-conductor permissions-service ' +
    'cron-service federations-service contexts-service domain-service audit-log-service ' +
    'picard-dispatcher picard-scheduler picard-output-processor vm-service vm-scaler vm-gc ' +
    'test-results slanger slanger-redis mongo postgres redis rabbitmq vault-cci nomad nomad-metrics ' +
    'telegraf exim ready-agent usage-stats shutdown-hook-poller logrotate'
  ).split(' '),
);
// Some of the app's containers bear a random name; all are pulled from Replicated's own registry.
const imageOfApp = /(^|\/)circleci[-/]|:9874\//;

interface Row {
  readonly appId: string;
  readonly owner: string;
  readonly image: string;
  readonly name: string;
}

/**
 * Reads what `docker ps` prints for `containerFormat`, a container a line, and {@link lookForLabels}. With the AppID of `app
 * status` a label of another app is foreign; without it every label of an app counts.
 */
export function parseContainers(text: string, appId?: string): Container[] {
  const rows = text.split(/\r?\n/).flatMap(rowOf);
  const areLabelled =
    text.split(/\r?\n/).includes(labelled) ||
    rows.some((row) => row.appId !== '' || row.owner === 'replicated');
  return rows.map((row) => ({
    name: row.name,
    owner: areLabelled ? ownerByLabel(row, appId) : ownerByName(row),
  }));
}

function rowOf(line: string): Row[] {
  const [appId = '', owner = '', image = '', ...names] = line.trim().split('|').map(valueOf);
  const name = nameOf(names.at(-1) ?? '');
  return name === '' ? [] : [{ appId, owner, image, name }];
}

/** Docker writes a label that is not set as nothing, Go's templates as `<no value>`. */
function valueOf(text: string): string {
  const value = text.trim();
  return value === '<no value>' ? '' : value;
}

/** A linked container has more names, as `its-name,other/alias`; its own has no slash. */
function nameOf(names: string): string {
  const all = names.split(',').map((name) => name.trim().replace(/^\//, ''));
  return all.find((name) => name !== '' && !name.includes('/')) ?? all[0] ?? '';
}

function ownerByLabel({ appId, owner, name }: Row, wanted: string | undefined): ContainerOwner {
  if (appId !== '') return wanted === undefined || appId === wanted ? 'app' : 'foreign';
  return owner === 'replicated' || ofUnits.test(name) ? 'replicated' : 'foreign';
}

function ownerByName({ image, name }: Row): ContainerOwner {
  if (ofReplicated.test(name)) return 'replicated';
  return ofApp.has(name) || imageOfApp.test(image) ? 'app' : 'foreign';
}

/** The names of one owner's containers. */
export function namesOf(containers: readonly Container[], owner: ContainerOwner): string[] {
  return containers.filter((one) => one.owner === owner).map(({ name }) => name);
}

const namedAtMost = 6;

/** `mongo, nomad`, or the first few and how many more there are. */
export function listNames(names: readonly string[]): string {
  const more = names.length - namedAtMost;
  const shown = names.slice(0, namedAtMost).map((name) => name.slice(0, 60));
  return more > 0 ? `${shown.join(', ')} and ${String(more)} more` : shown.join(', ');
}

/** `2 app containers run (mongo, nomad), 1 that is not the app's (cadvisor)`. */
export function describeContainers(containers: readonly Container[]): string {
  const app = namesOf(containers, 'app');
  const foreign = namesOf(containers, 'foreign');
  const named = app.length === 0 ? '' : ` (${listNames(app)})`;
  const others =
    foreign.length === 0
      ? ''
      : `, besides ${String(foreign.length)} foreign (${listNames(foreign)})`;
  return `${String(app.length)} app containers run${named}${others}`;
}
