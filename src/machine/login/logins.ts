/**
 * Logins that get nowhere: the host takes the key, and then runs something else than the command,
 * or nothing. What it printed instead tells why. The texts are those of OpenSSH, PAM's modules,
 * cloud-init, nologin and sudo; what is not among them is shown as it is.
 */

/** What keeps a command from running. */
export interface Obstacle {
  /** `login`: the account or its shell; `sudo`: its rights; `passing`: the host mends it by itself. */
  readonly kind: 'login' | 'sudo' | 'passing';
  /** The end of a sentence that begins with the host's name. */
  readonly cause: string;
  /** What a person does about it, without a full stop. */
  readonly todo: string;
  /** The line that says so; empty where the host printed nothing. */
  readonly line: string;
}

interface Rule {
  readonly said: RegExp;
  readonly kind: Obstacle['kind'];
  readonly cause: string;
  readonly todo: (who: Who) => string;
}

interface Who {
  /** Who calls: the SSH user, or root where a command on the machine calls sudo itself. */
  readonly user: string;
  /** What the pattern has captured. */
  readonly captured: string | undefined;
}

// Only lines that sudo itself begins: a script may print the same words about something else.
// The order matters: a sudo that cannot read its rules, or whose caller has expired, goes on to say
// that it wants a password.
const sudoRules: readonly Rule[] = [
  {
    said: /^(?:\S{0,80}\/)?sudoers(?:\/\S{0,80})?: ?(\d|syntax error|parse error)|^(?:sudo: |>>> )(?:\S{0,80}\/)?sudoers\b.{0,120}(error|syntax|writable|owned by|should be)|^sudo: .{0,120}((parse|syntax) error|no valid sudoers|unable to (open|read|stat) (?:\S{0,80}\/)?sudoers|error initializing|unable to initialize)/,
    kind: 'sudo',
    cause: 'sudo cannot read its rules',
    todo: () => 'mend /etc/sudoers and /etc/sudoers.d; "visudo -c" names the mistake',
  },
  {
    said: /^sudo: .*(account validation failure|account or password is expired|PAM account management|PAM authentication error|password expired|account (has )?expired)/i,
    kind: 'sudo',
    cause: 'sudo refuses its caller, whose account or password has expired or is locked',
    todo: ({ user }) =>
      `on the machine, as root: "chage -M -1 -E -1 ${user}", and "passwd ${user}" if it still refuses`,
  },
  {
    said: /^sudo: .*(setuid|effective uid is not 0|no new privileges|nosuid)/,
    kind: 'sudo',
    cause: 'sudo cannot become root',
    todo: () => 'mend the file: "chown root:root" and "chmod 4755" of sudo, and no nosuid mount',
  },
  {
    said: /^sudo: .*must have a tty/,
    kind: 'sudo',
    cause: 'sudo wants a terminal (requiretty)',
    todo: ({ user }) =>
      `add "Defaults:${user} !requiretty" to /etc/sudoers.d; the SSH user needs such a line, and so ` +
      'does root, because replicatedctl calls sudo as root',
  },
  {
    said: /^(sudo: )?\S+ is not in the sudoers file|^(sudo: )?Sorry, user .* (is not allowed to|may not)|^sudo: .* is not allowed to (run|execute)/i,
    kind: 'sudo',
    cause: 'sudo does not allow it',
    todo: grant,
  },
  {
    said: /sudo: (command )?not found|sudo: No such file|^sudo: .*(bash: command not found|unable to execute)/,
    kind: 'sudo',
    cause: 'sudo or bash is not there',
    todo: () => 'install sudo and bash where the PATH of that login finds them',
  },
  {
    said: /^sudo: (a password is required|a terminal is required|no tty present|no password was|no askpass|.*(password|authentication) attempt)|^\[sudo\] password for/,
    kind: 'sudo',
    cause: 'sudo wants a password',
    todo: grant,
  },
];

function grant({ user }: Who): string {
  const rule =
    user === 'root' ? 'root ALL=(ALL) NOPASSWD: ALL' : `${user} ALL=(root) NOPASSWD: /bin/bash`;
  return `let ${user} use sudo without one: "${rule}" as the last rule that fits, in /etc/sudoers.d`;
}

const loginRules: readonly Rule[] = [
  {
    said: /password (has )?expired|password change required|required to change your password|must change your password|^(\(current\)|Current) (UNIX )?password|Authentication token manipulation/i,
    kind: 'login',
    cause: 'the password of the user has expired',
    todo: ({ user }) =>
      `on the machine, as root: "passwd ${user}", or take its ageing off: "chage -M -1 ${user}"`,
  },
  {
    said: /account (?:has|is) (?:expired|locked|disabled)|has been (?:locked|disabled)/i,
    kind: 'login',
    cause: 'the account is expired or locked',
    todo: ({ user }) => `on the machine, as root: "chage -E -1 ${user}" and "passwd -u ${user}"`,
  },
  {
    said: /please log ?in as (?:the )?(?:user )?"?([\w.-]+)"? (?:user )?(?:rather|instead)/i,
    kind: 'login',
    cause: 'a forced command keeps that user out',
    todo: ({ captured = 'another user' }) =>
      `set ssh.user to ${captured} in runbook.yaml and restart the worker; or take command="…" ` +
      "off the key's line in authorized_keys",
  },
  {
    said: /account is (currently )?not available|not allowed to log ?in|login (is )?(disabled|denied|not allowed)/i,
    kind: 'login',
    cause: 'the user has no login shell',
    todo: ({ user }) => `give it one ("usermod -s /bin/bash ${user}"), or set another ssh.user`,
  },
  {
    said: /sftp connections only|sftp only|interactive git shell|restricted by (rssh|scponly)|only (allows|permits) (sftp|scp|git)|^-?rbash: .*restricted/i,
    kind: 'login',
    cause: 'the account is restricted to something else',
    todo: () => 'use an account with a plain shell, and no ForceCommand for it in sshd_config',
  },
  {
    said: /not a (tty|terminal)|(connected to|run (from|in)|need|requires?) a (tty|terminal)|PTY (allocation|is required)|no controlling (tty|terminal)/i,
    kind: 'login',
    cause: 'its shell or a start file of it wants a terminal',
    todo: ({ user }) =>
      `keep what starts without a terminal out of ~/.bashrc, /etc/bashrc and the shell of ${user}`,
  },
];

const passingRules: readonly Rule[] = [
  {
    said: /booting up|going down|shutting down|pam_nologin|nologin\(8\)|unprivileged users are not permitted/i,
    kind: 'passing',
    cause: 'it is still booting, or going down',
    todo: () => 'wait until it is up; a left-over /run/nologin or /etc/nologin is removed by hand',
  },
  {
    said: /fork:|cannot fork|resource temporarily unavailable|cannot allocate memory|too many (open files|logins)|no space left/i,
    kind: 'passing',
    cause: 'it has not enough memory, processes or disk to start the command',
    todo: () => 'look at its load, memory and disks',
  },
];

// Sudo says these and goes on.
const warnings =
  /^sudo: .{0,120}(unable to resolve host|unable to (send|open|get|set|write|mkdir|stat) .{0,120}(audit|time ?stamp|lecture|terminal)|setrlimit)/;

// Start files that ask about a terminal, on every login of many machines.
const noise = /^(stdin: is not a tty|mesg: ttyname failed)/;

const lineAtMost = 300;
const linesAtMost = 500;

/** The lines that tell anything, and bounded: hosts print what they like. */
function linesOf(text: string): string[] {
  const lines = text.split(/[\r\n]+/).map((line) => line.trim().slice(0, lineAtMost));
  const telling = lines.filter((one) => one !== '' && !warnings.test(one) && !noise.test(one));
  return telling.slice(-linesAtMost);
}

function firstFit(
  rules: readonly Rule[],
  lines: readonly string[],
  user: string,
): Obstacle | undefined {
  for (const { said, kind, cause, todo } of rules) {
    for (const line of lines) {
      const match = said.exec(line);
      if (match) return { kind, cause, todo: todo({ user, captured: match[1] }), line };
    }
  }
  return undefined;
}

/** The obstacle that a text names; undefined when it names none that is known. */
export function knownObstacle(text: string, user: string): Obstacle | undefined {
  return firstFit([...sudoRules, ...loginRules, ...passingRules], linesOf(text), user);
}

/** Why nothing of a command ran, told by all that the host printed instead. */
export function whyNothingRan(text: string, user: string): Obstacle {
  const lines = linesOf(text);
  const known = knownObstacle(text, user);
  if (known) return known;
  const ofSudo = lines.find((line) => line.startsWith('sudo: '));
  if (ofSudo !== undefined) {
    const todo = `try "sudo -n true" there as ${user}, without a terminal`;
    return { kind: 'sudo', cause: 'sudo refuses', todo, line: ofSudo };
  }
  return {
    kind: 'login',
    cause: lines.length === 0 ? 'it printed nothing' : 'it ran something else',
    todo:
      'look for a forced command (command="…" in authorized_keys, ForceCommand in sshd_config), for ' +
      `the shell of ${user} in /etc/passwd, and for an exit in its start files`,
    line: lines.join(' / '),
  };
}

/**
 * The refusal of a sudo that a command has called itself, as `replicatedctl` does: root's own.
 * Only for a command that failed, by what it wrote to its standard error.
 */
export function innerSudoRefusal(stderr: string): Obstacle | undefined {
  const lines = linesOf(stderr).filter((line) =>
    /^(sudo: |>>> |Sorry, user |(?:\S{0,80}\/)?sudoers(?:\/\S{0,80})?:)/.test(line),
  );
  return firstFit(sudoRules, lines, 'root');
}
