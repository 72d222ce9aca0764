/**
 * Who may import whom. The names are sentences; the comments are the reasons, and are printed with
 * each violation. test/layers.test.ts breaks every rule once, so that each is known to work.
 */
const npm = (names) => `(^|/)node_modules/${names}(/|$)`;

/** A rule of a layer: what it may not reach. */
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const notOnlyAType = { dependencyTypesNot: ['type-only'] };

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    rule(
      'no-circular',
      'Files that need each other cannot be read one after the other.',
      {},
      { circular: true },
    ),
    rule(
      'every-import-resolves',
      'A rule cannot judge an import that leads nowhere.',
      {},
      { couldNotResolve: true },
    ),
    rule(
      'contract-speaks-for-all-sides',
      'Client, workflow and worker all load the contract, so it must load in each of them: ' +
        'no Node, and of Temporal only what runs in the workflow sandbox.',
      { path: '^src/contract/' },
      {
        pathNot: ['^src/(contract|machine)/', npm('@temporalio/(common|workflow)'), npm('zod')],
      },
    ),
    rule(
      'machine-is-pure',
      'Facts about a Services machine are tested as tables and run inside workflows: no input ' +
        'and output, no clock, no Temporal.',
      { path: '^src/machine/' },
      { pathNot: ['^src/machine/', npm('zod')] },
    ),
    rule(
      'workflows-are-deterministic',
      'Workflow code is replayed from its history: whatever it could see of the outside would ' +
        'differ the second time.',
      { path: '^src/workflows/' },
      {
        pathNot: [
          '^src/(workflows|contract|machine|activities)/',
          npm('@temporalio/(common|workflow)'),
          npm('zod'),
        ],
      },
    ),
    rule(
      'workflows-know-activities-by-type',
      'An activity is called through a proxy. Importing its code would bundle the outside world ' +
        'into the sandbox.',
      { path: '^src/workflows/' },
      { path: '^src/activities/', ...notOnlyAType },
    ),
    rule(
      'activities-stand-between-machine-and-world',
      'An activity looks, decides by pure facts and acts through the world that it was given. ' +
        'Files, sockets and SDKs are the world’s matter.',
      { path: '^src/activities/' },
      {
        pathNot: [
          '^src/(activities|contract|machine|world)/',
          '^src/config/',
          npm('@temporalio/(common|activity)'),
          npm('zod'),
          // Checksums, tokens and nonces are computing, not the outside world.
          '^(node:)?crypto$',
        ],
      },
    ),
    rule(
      'activities-are-given-their-world',
      'The world is a parameter of createActivities(), made once in worker.ts; an activity knows ' +
        'its types.',
      { path: '^src/activities/' },
      { path: ['^src/world/', '^src/config/'], ...notOnlyAType },
    ),
    rule(
      'an-activity-calls-no-neighbour',
      'A step is read alone: what several steps need has a home of its own in activities/parts; what ' +
        'another activity takes or gives is known by its type.',
      { path: '^src/activities/(?!frame/|parts/)[a-z-]+/' },
      { path: '^src/activities/(?!frame/|parts/)[a-z-]+/', ...notOnlyAType },
    ),
    rule(
      'parts-know-no-step',
      'A part that knew the steps it is used in could not be read without them.',
      { path: '^src/activities/(frame|parts)/' },
      { path: '^src/activities/(?!frame/|parts/)' },
    ),
    rule(
      'the-frame-carries-the-parts',
      'Frame, then the machine, then its app; instances, then images: no arrow runs back up.',
      { path: '^src/activities/frame/' },
      { path: '^src/activities/parts/' },
    ),
    rule(
      'the-frame-carries-the-parts',
      'What is read of a machine over SSH comes before what is known of its app.',
      { path: '^src/activities/parts/machine/' },
      { path: '^src/activities/parts/(?!machine/)' },
    ),
    rule(
      'the-frame-carries-the-parts',
      'A machine in EC2 is found without its image.',
      { path: '^src/activities/parts/instances/' },
      { path: '^src/activities/parts/(?!instances/)' },
    ),
    rule(
      'the-runbook-comes-last',
      'The frame of workflows, then what they ask, then their chapters, then the runbooks, which alone ' +
        'stand at the top.',
      { path: '^src/workflows/(frame|questions)/' },
      { path: '^src/workflows/(?!frame/|questions/)' },
    ),
    rule(
      'the-runbook-comes-last',
      'A chapter that knew its runbook could not be used by another.',
      { path: '^src/workflows/[a-z-]+/' },
      { path: '^src/workflows/[a-z-]+[.]ts$' },
    ),
    rule(
      'world-knows-no-runbook',
      'The world offers calls and connections. What they are for is decided above it.',
      { path: '^src/world/' },
      { path: '^src/', pathNot: ['^src/(world|contract|machine)/', '^src/config/'] },
    ),
    rule(
      'world-fails-in-temporal-terms-only',
      'Of Temporal the world knows how a failure is typed, nothing of how it is run.',
      { path: '^src/world/' },
      { path: npm('@temporalio/[^/]+'), pathNot: npm('@temporalio/common') },
    ),
    rule(
      'one-door-per-outside-world',
      'The AWS SDK is imported by src/world/ec2/ alone: timeouts, retries and error names are ' +
        'settled in one place.',
      { path: '^src/', pathNot: '^src/world/ec2/' },
      { path: npm('(@aws-sdk|@smithy)/[^/]+') },
    ),
    rule(
      'one-door-per-outside-world',
      'ssh2 is imported by src/world/ssh/ alone: host keys and deadlines are settled in one ' +
        'place. The lab is the other end of that wire.',
      { path: '^src/', pathNot: '^src/(world/ssh|lab)/' },
      { path: npm('ssh2') },
    ),
    rule(
      'the-lab-stays-in-the-lab',
      'Production must build and run without src/lab: it meets the lab over HTTP and SSH alone.',
      { pathNot: '^(src/lab|test)/' },
      { path: '^src/lab/' },
    ),
    rule(
      'the-lab-imports-nothing-of-the-product',
      'A simulation that shares code with what it tests agrees with its errors. Plain facts of ' +
        'the machine are the exception.',
      { path: '^src/lab/' },
      { path: '^src/', pathNot: '^src/(lab|machine)/' },
    ),
    rule(
      'the-lab-knows-no-temporal',
      'The lab stands for AWS and for machines; neither knows who calls.',
      { path: '^src/lab/' },
      { path: npm('@temporalio/[^/]+') },
    ),
    rule(
      'cli-starts-the-rest-as-processes',
      'Lab and worker are started by path, so that help answers at once and a crash of one is ' +
        'not a crash of the other.',
      { path: '^src/cli/' },
      {
        path: '^src/',
        pathNot: '^src/(cli|config|contract|machine|workflows|world)/',
      },
    ),
    rule(
      'cli-names-workflows-by-string',
      'Only types: workflow code belongs into the sandbox.',
      { path: '^src/cli/' },
      { path: '^src/workflows/', ...notOnlyAType },
    ),
    rule(
      'cli-reads-records-and-no-more-of-the-machine',
      'Rewriting belongs to activities; the CLI tells what the tags of images say, and `doctor` runs ' +
        'commands that only read and says in their words what the machine is.',
      { path: '^src/cli/' },
      {
        path: '^src/machine/',
        pathNot:
          '^src/machine/((app/(app-status|app-stopped-tag|replicated)|backups/(backups|copies|image-devices|proven-restore|record-tags|tags)|launch/(egress|launch-fit|launch-settings|places)|login/accounts|shell/commands)[.]ts$|(platform|dialects)/)',
        ...notOnlyAType,
      },
    ),
    rule(
      'cli-looks-at-the-world-in-few-commands',
      'Only a few look at AWS and machines themselves; they read; `hold` sets a tag, `orphans --clean` ends machines, `check` and `sheet` write files.',
      {
        path: '^src/cli/',
        pathNot:
          '^src/cli/commands/(backups|check|doctor|drills|hold|orphans|report|sheet|watch)[.]ts$',
      },
      { path: '^src/world/', pathNot: '^src/world/temporal/', ...notOnlyAType },
    ),
    rule(
      'cli-loads-the-world-when-asked',
      'The SDKs take a second to load, which help must not wait for: use `await import()`.',
      {
        path: '^src/cli/commands/(backups|check|doctor|drills|hold|orphans|report|sheet|watch)[.]ts$',
      },
      { path: ['^src/world/', '^src/config/'], dynamic: false, ...notOnlyAType },
    ),
    rule(
      'cli-is-a-client-of-temporal',
      'A command asks the server; it never runs a worker.',
      { path: '^src/cli/' },
      {
        path: npm('@temporalio/[^/]+'),
        pathNot: npm('@temporalio/(client|common|envconfig)'),
      },
    ),
    rule(
      'worker-is-the-composition-root',
      'Configuration → world → activities → Worker. Workflows are given to it by path.',
      { path: '^src/worker([.]ts$|/)' },
      {
        path: '^src/',
        pathNot: ['^src/(contract|activities|world|config)/', '^src/worker/'],
      },
    ),
    rule(
      'only-the-worker-runs-workflows',
      'One place decides how the worker is tuned.',
      { path: '^src/', pathNot: '^src/worker([.]ts$|/)' },
      { path: npm('@temporalio/worker') },
    ),
    rule(
      'nothing-but-the-worker-needs-the-worker',
      'It is a process of its own.',
      {},
      { path: '^src/worker[.]ts$', ...notOnlyAType },
    ),
    rule(
      'config-stands-alone',
      'Configuration is read before anything else exists.',
      { path: '^src/config/' },
      { path: '^src/', pathNot: ['^src/(contract|machine)/', '^src/config/'] },
    ),
    rule(
      'src-stands-without-tests',
      'What is packed must run without the development dependencies and without test/.',
      { path: '^src/' },
      {
        path: [
          '^(test|scripts)/',
          npm('(jest|@jest/[^/]+|@temporalio/testing|fast-check|playwright-core|typescript)'),
        ],
      },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['require', 'node', 'types', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json', '.d.ts'],
    },
  },
};
