import { innerSudoRefusal, knownObstacle, whyNothingRan } from '../../../src/machine/login/logins';

// Texts of OpenSSH, PAM, nologin, cloud-init and sudo in several versions.
const told: readonly [line: string, kind: string, todo: RegExp][] = [
  ['WARNING: Your password has expired.', 'login', /chage -M -1 ops/],
  ['Password change required but no TTY available.', 'login', /passwd ops/],
  ['You are required to change your password immediately (root enforced)', 'login', /passwd ops/],
  [
    'Your account has expired; please contact your system administrator',
    'login',
    /chage -E -1 ops/,
  ],
  ['This account is currently not available.', 'login', /usermod -s/],
  ['Please login as the user "ubuntu" rather than the user "root".', 'login', /ssh.user to ubuntu/],
  ['Please login as the ec2-user user rather than root user.', 'login', /ssh.user to ec2-user/],
  ['Please login as the user centos rather than the user root.', 'login', /ssh.user to centos/],
  ['This service allows sftp connections only.', 'login', /ForceCommand/],
  ['fatal: Interactive git shell is not enabled.', 'login', /plain shell/],
  ['the input device is not a TTY', 'login', /bashrc/],
  ['open terminal failed: not a terminal', 'login', /bashrc/],
  ['Must be connected to a terminal.', 'login', /bashrc/],
  ['sudo: a password is required', 'sudo', /ops ALL=\(root\) NOPASSWD/],
  ['sudo: no tty present and no askpass program specified', 'sudo', /NOPASSWD/],
  ['sudo: sorry, you must have a tty to run sudo', 'sudo', /Defaults:ops !requiretty/],
  ['ops is not in the sudoers file.  This incident will be reported.', 'sudo', /NOPASSWD/],
  ["Sorry, user ops is not allowed to execute '/bin/bash -c' as root on h.", 'sudo', /NOPASSWD/],
  ['Sorry, user ops may not run sudo on h.', 'sudo', /NOPASSWD/],
  ['>>> /etc/sudoers: syntax error near line 28 <<<', 'sudo', /visudo/],
  ['sudo: parse error in /etc/sudoers near line 28', 'sudo', /visudo/],
  ['sudo: /etc/sudoers is world writable', 'sudo', /visudo/],
  ['sudo: no valid sudoers sources found, quitting', 'sudo', /visudo/],
  ['sudo: Account or password is expired, reset your password and try again', 'sudo', /chage/],
  ['sudo: account validation failure, is your account locked?', 'sudo', /chage/],
  ['sudo: Account expired or PAM config lacks an "account" section for sudo', 'sudo', /chage/],
  ['sudo: /usr/bin/sudo must be owned by uid 0 and have the setuid bit set', 'sudo', /4755/],
  ['bash: sudo: command not found', 'sudo', /install sudo/],
  ['System is booting up. See pam_nologin(8)', 'passing', /nologin/],
  ['bash: fork: retry: Resource temporarily unavailable', 'passing', /load/],
  ["There were too many logins for 'ops'.", 'passing', /load/],
];

test.each(told)('"%s" is known', (line, kind, todo) => {
  const among = `Last login: today\nstdin: is not a tty\n${line}\r\nbye\n`;
  const obstacle = whyNothingRan(among, 'ops');
  expect(obstacle).toMatchObject({ kind, line });
  expect(obstacle.todo).toMatch(todo);
  expect(knownObstacle(among, 'ops')).toEqual(obstacle);
});

test('what is not known is shown as it is', () => {
  expect(knownObstacle('Wartungsarbeiten bis 6 Uhr', 'ops')).toBeUndefined();
  expect(whyNothingRan('Wartungsarbeiten\nbis 6 Uhr\n', 'ops')).toMatchObject({
    kind: 'login',
    cause: 'it ran something else',
    line: 'Wartungsarbeiten / bis 6 Uhr',
  });
  expect(whyNothingRan('', 'ops')).toMatchObject({ cause: 'it printed nothing', line: '' });
  const german = 'sudo: Ein Passwort ist notwendig';
  expect(whyNothingRan(german, 'ops')).toMatchObject({ kind: 'sudo', line: german });
});

test("sudo's warnings and the noise of start files tell nothing", () => {
  const noise =
    'sudo: unable to resolve host ip-10-0-1-5\nstdin: is not a tty\nmesg: ttyname failed: x';
  expect(whyNothingRan(noise, 'ops')).toMatchObject({ cause: 'it printed nothing' });
  expect(innerSudoRefusal(noise)).toBeUndefined();
});

test('rules that cannot be read, and an expired caller, are told before the password they lead to', () => {
  const rules = '/etc/sudoers:1:15: syntax error\nroot ALL=(ALL ALL\nsudo: a password is required';
  expect(whyNothingRan(rules, 'ops').todo).toMatch(/visudo/);
  const expired =
    'Changing password for root.\nsudo: Account or password is expired, reset your password\n' +
    'sudo: a password is required';
  expect(innerSudoRefusal(expired)?.todo).toMatch(/chage -M -1 -E -1 root/);
});

test('a command that fails for itself is not taken for a sudo that refuses', () => {
  for (const said of [
    'Error: a password is required',
    'the job: sudo: a password is required',
    '',
  ]) {
    expect(innerSudoRefusal(said)).toBeUndefined();
  }
  expect(innerSudoRefusal('sudo: sorry, you must have a tty to run sudo')?.todo).toMatch(
    /Defaults:root !requiretty/,
  );
});

test('a text without end is judged in no time', () => {
  const long = `${'sudo: '.repeat(20_000)}\n${'x sudoers '.repeat(20_000)}`;
  const begin = performance.now();
  whyNothingRan(long, 'ops');
  expect(performance.now() - begin).toBeLessThan(2000);
});
