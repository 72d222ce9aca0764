/**
 * The system calls that a sandbox must not make, as a filter program for the kernel.
 *
 * Lost capabilities alone leave a way round: anybody may make a user namespace and has every
 * capability in it. The keyrings of uid 0 are the host's, too, whatever the namespace.
 */
const arches = {
  x64: { audit: 0xc000003e, x32: 0x40000000, clone: 56, socket: 41 },
  arm64: { audit: 0xc00000b7, x32: undefined, clone: 220, socket: 198 },
} as const;

// Numbers on x64 and on arm64; newer calls have one number everywhere.
const forbidden: readonly (readonly [x64: number, arm64: number])[] = [
  [165, 40], // mount
  [166, 39], // umount2
  [155, 41], // pivot_root
  [272, 97], // unshare
  [308, 268], // setns
  [248, 217], // add_key
  [249, 218], // request_key
  [250, 219], // keyctl
  [321, 280], // bpf
  [298, 241], // perf_event_open
  [323, 282], // userfaultfd
  [246, 104], // kexec_load
  [320, 294], // kexec_file_load
  [175, 105], // init_module
  [313, 273], // finit_module
  [176, 106], // delete_module
  [304, 265], // open_by_handle_at
  [169, 142], // reboot
  [425, 425], // io_uring_setup
  [428, 428], // open_tree
  [429, 429], // move_mount
  [430, 430], // fsopen
  [432, 432], // fsmount
  [433, 433], // fspick
  [442, 442], // mount_setattr
];

const clone3 = 435;
const newNamespaces = 0x7e020000;
const netlinkFamily = 16;
const auditProtocol = 9;

// Instructions of classic BPF.
const loadWord = 0x20;
const jumpEqual = 0x15;
const jumpGreaterOrEqual = 0x35;
const jumpAnySet = 0x45;
const giveBack = 0x06;

// Where `struct seccomp_data` has its fields.
const numberAt = 0;
const archAt = 4;
const firstArgumentAt = 16;
const thirdArgumentAt = 32;

const allow = 0x7fff0000;
const killProcess = 0x80000000;
const failWith = (errno: number): number => 0x00050000 + errno;
const notPermitted = failWith(1);
const noSuchCall = failWith(38);
const noSuchProtocol = failWith(93);

/** Whether there is a filter for this kind of processor. */
export function knowsProcessor(arch: string): arch is keyof typeof arches {
  return Object.hasOwn(arches, arch);
}

/** The filter's bytes, as bubblewrap passes them to the kernel. */
export function seccompFilter(arch: keyof typeof arches): Buffer {
  const { audit, x32, clone, socket } = arches[arch];
  const refuse = (calls: readonly number[], answer: number): number[][] =>
    calls.flatMap((call) => [
      [jumpEqual, 0, 1, call],
      [giveBack, 0, 0, answer],
    ]);
  const program = [
    [loadWord, 0, 0, archAt],
    [jumpEqual, 1, 0, audit],
    [giveBack, 0, 0, killProcess],
    [loadWord, 0, 0, numberAt],
    ...(x32 === undefined
      ? []
      : [
          [jumpGreaterOrEqual, 0, 1, x32],
          [giveBack, 0, 0, killProcess],
        ]),
    ...refuse(
      forbidden.map(([x64, arm64]) => (arch === 'x64' ? x64 : arm64)),
      notPermitted,
    ),
    // Its flags lie in memory, where a filter cannot look; the C library falls back to `clone`.
    ...refuse([clone3], noSuchCall),
    // The daemon gives a terminal up when it may not write to the audit log, but not when there is
    // none; and that log is the host's.
    [jumpEqual, 0, 5, socket],
    [loadWord, 0, 0, firstArgumentAt],
    [jumpEqual, 0, 7, netlinkFamily],
    [loadWord, 0, 0, thirdArgumentAt],
    [jumpEqual, 0, 5, auditProtocol],
    [giveBack, 0, 0, noSuchProtocol],
    [jumpEqual, 0, 3, clone],
    [loadWord, 0, 0, firstArgumentAt],
    [jumpAnySet, 0, 1, newNamespaces],
    [giveBack, 0, 0, notPermitted],
    [giveBack, 0, 0, allow],
  ];
  return Buffer.concat(program.map(instruction));
}

function instruction([code = 0, ifTrue = 0, ifFalse = 0, value = 0]: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(ifTrue, 2);
  bytes.writeUInt8(ifFalse, 3);
  bytes.writeUInt32LE(value, 4);
  return bytes;
}
