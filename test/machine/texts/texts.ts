/**
 * Shapes of what real machines print, in the lab's own values: releases of Replicated, Docker,
 * init systems, Nomad and system files. The parsers of src/machine are held against them.
 */

const app = {
  AppID: '5ab0c7d2e91f46b8a3d4c0ffee123456',
  Sequence: 311,
  State: 'started',
  DesiredState: 'started',
  IsTransitioning: false,
};

/** `app status` and `app status inspect`, by what is special about them. */
export const appStatus = {
  of2018: JSON.stringify(
    [{ ...app, Error: '', IsCancellable: false, LastModifiedAt: '2018-10-01T08:00:00.1Z' }],
    undefined,
    4,
  ),
  withPatch: JSON.stringify([{ ...app, PatchSequence: 0, Error: '' }], undefined, 4),
  withoutError: JSON.stringify([app]),
  withNull: JSON.stringify([{ ...app, Error: null, Sequence: null }]),
  afterWarning: `WARNING: Error loading config file: /root/.docker/config.json\n${JSON.stringify([app], undefined, 2)}\n`,
  withoutState: JSON.stringify([{ ...app, State: undefined }]),
  withoutTransition: JSON.stringify([{ ...app, IsTransitioning: undefined }]),
  ofTwoApps: JSON.stringify([app, { ...app, AppID: 'another' }]),
  yaml: '- AppID: 5ab0c7d2\n  State: started\n',
  cut: '[\n    {\n        "AppID": "5ab0c7d2e9',
  help: 'Manage the app status\n\nUsage:\n  replicatedctl app status [command]\n\nAvailable Commands:\n  inspect     Display detailed information\n',
  html: '<html><body><h1>502 Bad Gateway</h1></body></html>',
} as const;

/** `replicated app ID`. */
export const oldApp = {
  started:
    '{\n  "ID": "5ab0",\n  "RunStatus": "Started",\n  "RunStatusNext": "Started",\n  "IsStartInProgress": false\n}\n',
  stopping: '{"RunStatus": "Started", "RunStatusNext": "Stopped", "IsStartInProgress": false}',
  starting: '{"RunStatus": "Starting", "RunStatusNext": "Started", "IsStartInProgress": true}',
  justStarted: '{"RunStatus": "Started", "RunStatusNext": "Started", "IsStartInProgress": true}',
  stopped: '{"RunStatus": "Stopped", "RunStatusNext": "Stopped"}',
  failed: '{"RunStatus": "Failed", "RunStatusNext": "Started", "Error": "no such image"}',
  wrapped: '{"App": {"RunStatus": "Stopped", "RunStatusNext": "", "IsStartInProgress": false}}',
  none: 'no app is installed\n',
  withoutStatus: '{"ID": "5ab0", "Name": "CircleCI"}',
  login: 'Error: You are not logged in.\n',
} as const;

/** `system status`. */
export const systemStatus = {
  ready: '{\n    "Replicated": "ready",\n    "Retraced": "ready"\n}\n',
  withMore: '{"Premkit": "ready", "Replicated": "ready", "Retraced": "ready"}',
  starting: '{"Replicated": "initializing", "Retraced": "ready"}',
  failed: '{"Replicated": "failed"}',
  list: '["ready"]',
  word: 'ready\n',
} as const;

/** `replicatedctl version`, with and without --quiet; `replicated --version`. */
export const versions: readonly (readonly [string, string | undefined])[] = [
  ['2.38.6\n', '2.38.6'],
  ['Replicated version 2.42.2 (git="abc", date="2020-02-01T00:00:00Z")\n', '2.42.2'],
  ['replicated version 2.10.3\n', '2.10.3'],
  ['Replicated: 2.10.3\nReplicated UI: 2.10.1\n', '2.10.3'],
  ['Replicated UI: 2.10.1\nReplicated: 2.10.3\n', '2.10.3'],
  ['Replicated v2.20.1\n', '2.20.1'],
  ['Error: unknown command "version" for "replicatedctl"\n', undefined],
  ['2.38\n', undefined],
  ['', undefined],
];

/** Release files of systems, in the order in which they are read. */
export const releases: readonly (readonly [title: string, text: string, expected: object])[] = [
  [
    'Ubuntu 14.04',
    'NAME="Ubuntu"\nVERSION="14.04.6 LTS, Trusty Tahr"\nID=ubuntu\nID_LIKE=debian\nPRETTY_NAME="Ubuntu 14.04.6 LTS"\nVERSION_ID="14.04"\n',
    { distribution: 'debian', id: 'ubuntu', version: '14.04', name: 'Ubuntu 14.04.6 LTS' },
  ],
  [
    'RHEL 7',
    'NAME="Red Hat Enterprise Linux Server"\nID="rhel"\nID_LIKE="fedora"\nVERSION_ID="7.6"\nPRETTY_NAME="Red Hat Enterprise Linux Server 7.6 (Maipo)"\n',
    { distribution: 'rhel', id: 'rhel', version: '7.6' },
  ],
  [
    'CentOS 6',
    'CentOS release 6.10 (Final)\n',
    { distribution: 'rhel', id: 'centos', version: '6.10', name: 'CentOS release 6.10 (Final)' },
  ],
  [
    'RHEL 6',
    'Red Hat Enterprise Linux Server release 6.9 (Santiago)\n',
    { distribution: 'rhel', id: 'rhel', version: '6.9' },
  ],
  [
    'Oracle Linux 6',
    'Oracle Linux Server release 6.10\n',
    { distribution: 'rhel', id: 'ol', version: '6.10' },
  ],
  [
    'Amazon Linux 1',
    'NAME="Amazon Linux AMI"\nID="amzn"\nID_LIKE="rhel fedora"\nVERSION_ID="2017.09"\nPRETTY_NAME="Amazon Linux AMI 2017.09"\n',
    { distribution: 'rhel', id: 'amzn', version: '2017.09' },
  ],
  [
    'an early Amazon Linux',
    'Amazon Linux AMI release 2014.03\n',
    { distribution: 'rhel', id: 'amzn', version: '2014.03' },
  ],
  [
    'Amazon Linux 2',
    'NAME="Amazon Linux"\nID="amzn"\nID_LIKE="centos rhel fedora"\nVERSION_ID="2"\nPRETTY_NAME="Amazon Linux 2"\n',
    { distribution: 'rhel', id: 'amzn', version: '2' },
  ],
  [
    'Debian without os-release',
    '7.11\n',
    { distribution: 'debian', id: 'debian', version: '7.11' },
  ],
  [
    'SUSE',
    'NAME="SLES"\nID="sles"\nVERSION_ID="12.4"\nPRETTY_NAME="SUSE Linux Enterprise Server 12 SP4"\n',
    { distribution: undefined, id: 'sles' },
  ],
  ['no file', '', { distribution: undefined, id: '', name: 'unknown system' }],
  ['an error', 'cat: /etc/os-release: Permission denied\n', { distribution: undefined, id: '' }],
];

/** `nomad node-status`: how many are ready; undefined for what is no table. */
export const nomadNodes: readonly (readonly [
  title: string,
  text: string,
  ready: number | undefined,
])[] = [
  [
    'of 0.5',
    'ID        DC       Name          Class        Drain  Status\n1f0a9c3b  default  ip-10-0-3-4   linux-64bit  false  ready\n',
    1,
  ],
  [
    'with allocations',
    'ID        DC       Name          Class        Drain  Status  Running Allocs\n1f0a9c3b  default  ip-10-0-3-4   linux-64bit  false  ready   2\n77be00d1  default  ip-10-0-3-40  linux-64bit  false  down    0\n',
    1,
  ],
  [
    'with an empty class',
    'ID        DC       Name          Class        Drain  Eligibility  Status\n1f0a9c3b  default  ip-10-0-3-4                false  eligible     ready\n',
    1,
  ],
  [
    'with pools',
    'ID        Node Pool  DC       Name         Class   Drain  Eligibility  Status\n1f0a9c3b  default    default  ip-10-0-3-4  <none>  false  eligible     ready\n',
    1,
  ],
  ['without nodes', '', 0],
  ['with titles alone', 'ID  DC  Name  Class  Drain  Status\n', 0],
  [
    'of an error',
    'Error querying node status: Unexpected response code: 500 (No cluster leader)\n',
    undefined,
  ],
  [
    'that is refused',
    'Get http://127.0.0.1:4646/v1/nodes: dial tcp 127.0.0.1:4646: getsockopt: connection refused\n',
    undefined,
  ],
  ['of docker', 'Error response from daemon: Container 4f1c is not running\n', undefined],
];

/** What the look at a platform prints, apart from release files. */
export const dockers: readonly (readonly [string, string | undefined])[] = [
  ['Docker version 18.09.9, build 039a7df9ba', '18.09.9'],
  ['Docker version 17.12.1-ce, build 7390fc6', '17.12.1'],
  ['Docker version 1.7.1, build 786b29d/1.7.1', '1.7.1'],
  ['Docker version 1.13.1, build 7f2769b/1.13.1', '1.13.1'],
  ['', undefined],
];

/** The output of asking in every dialect, by what it comes to. */
export const askings: readonly (readonly [title: string, output: string, expected: object])[] = [
  [
    'Replicated 2.38',
    `status 0\n| [\n|     {"State": "started", "DesiredState": "started", "IsTransitioning": false}\n| ]\n\n`,
    { dialect: { name: 'status' } },
  ],
  ['one without an app', 'status 0\n| []\n\n', { dialect: { name: 'status' } }],
  [
    'Replicated 2.20',
    'status 1\n| Error: unknown flag: --output\n| Usage:\n|   replicatedctl app status [command]\n\ninspect 0\n| [{"State": "stopped", "DesiredState": "stopped", "IsTransitioning": false}]\n\n',
    { dialect: { name: 'inspect' } },
  ],
  [
    'help without a failure',
    'status 0\n| Manage the app status\n|\n| Usage:\n|   replicatedctl app status [command]\n\ninspect 0\n| []\n\n',
    { dialect: { name: 'inspect' } },
  ],
  [
    'Replicated without replicatedctl',
    'status 127\ninspect 127\nold 0\n| ID                                   NAME        STATUS      SEQUENCE\n| 5ab0c7d2                             CircleCI    Started     311\n\n',
    { dialect: { name: 'old' } },
  ],
  [
    'a wrapper without its program',
    'status 126\n| OCI runtime exec failed: exec failed: exec: "replicatedctl": executable file not found in $PATH: unknown\n\ninspect 126\n| OCI runtime exec failed: exec failed: exec: "replicatedctl": executable file not found in $PATH: unknown\n\nold 0\n| ID     NAME\n| 5ab0     CircleCI\n\n',
    { dialect: { name: 'old' } },
  ],
  [
    'a daemon that is not there',
    'status 1\n| Error: No such container: replicated\n\ninspect 1\n| Error: No such container: replicated\n\nold 1\n| Error: No such container: replicated\n\n',
    { kind: 'silent' },
  ],
  [
    'a daemon that starts',
    'status 1\n| Error: dial unix /var/run/replicated/replicated-cli.sock: connect: no such file or directory\n\n',
    { kind: 'silent' },
  ],
  ['a daemon that hangs', 'status 124\n\ninspect 124\n\nold 124\n\n', { kind: 'silent' }],
  [
    'Docker that is down',
    'status 1\n| Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n\n',
    { kind: 'silent' },
  ],
  ['nothing at all', '', { kind: 'silent' }],
  ['nothing of Replicated', 'status 127\ninspect 127\nold 127\n', { kind: 'unknown' }],
  [
    'a login that is wanted',
    'status 127\ninspect 127\nold 0\n| Error: You are not logged in.\n\n',
    { kind: 'unknown' },
  ],
  [
    'a proxy that answers',
    'status 0\n| <html>502</html>\n\ninspect 0\n| <html>502</html>\n\nold 0\n| <html>502</html>\n\n',
    { kind: 'unreadable' },
  ],
];
