/**
 * The one program that stands for the lab inside a sandbox, in Perl: it starts in about 10 ms and
 * comes with every Debian. Only `Socket` is loaded, because the base package has little else; so
 * bytes travel as hexadecimal, which needs no module and no escaping in JSON.
 *
 * Its name decides what it is:
 * - `init`: process 1 of a sandbox. Starts the SSH daemon on the connection and stays until the
 *   last process has ended, as a machine does when somebody logs out.
 * - `lab-shell`: the login shell. Reports the command line, runs it with bash, and asks the lab
 *   before it hands back the exit status.
 * - `sudo`: everybody is root in a sandbox, so it only takes its own options off.
 * - `sleep`: sleeps in simulated time.
 * - any other name: a command of the appliance, answered by the lab.
 */
export const stubProgram = String.raw`#!/usr/bin/perl
use strict;
use warnings;
use Socket;

my ($name) = $0 =~ m{([^/]+)$};
$name =~ s/^-//;

sub connected {
  socket(my $lab, PF_UNIX, SOCK_STREAM, 0) or return;
  connect($lab, pack_sockaddr_un('/lab/lab.sock')) or return;
  select((select($lab), $| = 1)[0]);
  return $lab;
}

sub hex_of { return '"' . unpack('H*', $_[0]) . '"' }

sub ask {
  my ($lab, $question) = @_;
  return '' unless $lab;
  local $SIG{PIPE} = 'IGNORE';
  print {$lab} "$question\n" or return '';
  my $answer = <$lab>;
  return defined $answer ? $answer : '';
}

# A dead lab must not change how a command ends, so that a lost answer is not an error here.
sub finish_as {
  my ($status) = @_;
  if (my $signal = $status & 127) {
    $SIG{$_} = 'DEFAULT' for 'INT', 'TERM', 'HUP', 'PIPE';
    kill $signal, $$;
    exit 128 + $signal;
  }
  exit($status >> 8);
}

sub init {
  my $daemon = fork;
  die "cannot fork: $!" unless defined $daemon;
  exec @_ if $daemon == 0;
  # Whoever keeps the connection's streams keeps the connection open.
  open STDIN, '<', '/dev/null';
  open STDOUT, '>', '/dev/null';
  open STDERR, '>', '/dev/null';
  my $status = 0;
  while ((my $ended = wait) > 0) {
    $status = $? if $ended == $daemon;
  }
  exit($status >> 8 || ($status ? 1 : 0));
}

sub login_shell {
  $ENV{SHELL} = '/bin/bash';
  my $line = @ARGV >= 2 && $ARGV[0] eq '-c' ? $ARGV[1] : undef;
  my $lab = connected();
  my $login = ask($lab, '{"ask":"exec","line":' . hex_of(defined $line ? $line : '')
    . ',"tty":' . (-t STDIN ? 'true' : 'false') . '}');
  if ($login =~ /"says":"([0-9a-f]*)"/) {
    syswrite_all(\*STDOUT, pack('H*', $1));
    exit 1;
  }
  exec { '/bin/bash' } '-bash' unless defined $line;
  my $child = fork;
  die "cannot fork: $!" unless defined $child;
  if ($child == 0) {
    close $lab if $lab;
    exec '/bin/bash', '-c', $line;
  }
  waitpid $child, 0;
  my $status = $?;
  my $answer = ask($lab, '{"ask":"exec-end","line":' . hex_of($line) . '}');
  # Without its daemon the connection breaks, and the status never arrives.
  kill 'KILL', getppid if $answer =~ /"lost":true/;
  finish_as($status);
}

sub sudo {
  if (ask(connected(), '{"ask":"sudo"}') =~ /"refused":true/) {
    print STDERR "sudo: a password is required\n";
    exit 1;
  }
  my %wanted;
  while (@ARGV) {
    my $word = $ARGV[0];
    if ($word =~ /^([A-Za-z_]\w*)=(.*)$/s) { $wanted{$1} = $2 }
    elsif ($word !~ /^-/) { last }
    shift @ARGV;
    last if $word eq '--';
    shift @ARGV if $word =~ /^-[ugpChTR]$/;
  }
  my %kept = map { $_ => $ENV{$_} } grep { defined $ENV{$_} } 'TERM', 'LANG', 'LC_ALL', 'TZ';
  my $user = defined $ENV{USER} ? $ENV{USER} : 'root';
  %ENV = (
    %kept,
    PATH => secure_path(),
    HOME => '/root', USER => 'root', LOGNAME => 'root', SHELL => '/bin/bash',
    SUDO_USER => $user,
    %wanted,
  );
  exit 0 unless @ARGV;
  my $command = $ARGV[0];
  { no warnings 'exec'; exec { $command } @ARGV; }
  print STDERR "sudo: $command: command not found\n";
  exit 1;
}

sub secure_path {
  open my $file, '<', '/lab/secure-path' or die "no path: $!";
  my $path = <$file>;
  chomp $path;
  return $path;
}

sub nap {
  my %units = (s => 1, m => 60, h => 3600, d => 86400);
  my $seconds = 0;
  for my $time (@ARGV) {
    unless ($time =~ /^(\d*\.?\d+)([smhd]?)$/) {
      print STDERR "sleep: invalid time interval '$time'\n";
      exit 1;
    }
    $seconds += $1 * ($2 ? $units{$2} : 1);
  }
  ask(connected(), '{"ask":"sleep","seconds":' . $seconds . '}');
}

# Only an interactive docker or Replicated command reads its input; the others must leave it to
# the script around them.
sub reads_input {
  return 0 if -t STDIN || $name !~ /^(?:docker|replicated|replicatedctl)$/;
  return 1 if -t STDOUT;
  return grep { /^-[a-z]*i[a-z]*(?:=1)?$/ || /^--interactive(?:=1|=true)?$/ } @ARGV;
}

sub appliance {
  my $input = '';
  if (reads_input()) {
    local $/;
    my $all = <STDIN>;
    $input = $all if defined $all;
  }
  my $question = '{"ask":"command","name":' . hex_of($name)
    . ',"args":[' . join(',', map { hex_of($_) } @ARGV) . ']'
    . ',"stdin":' . hex_of($input)
    . ',"tty":' . (-t STDIN ? 'true' : 'false') . '}';
  my $answer = ask(connected(), $question);
  my ($out) = $answer =~ /"stdout":"([0-9a-f]*)"/;
  my ($err) = $answer =~ /"stderr":"([0-9a-f]*)"/;
  my ($code) = $answer =~ /"exitCode":(\d+)/;
  unless (defined $code) {
    print STDERR "$name: the lab does not answer\n";
    exit 125;
  }
  syswrite_all(\*STDOUT, pack('H*', $out));
  syswrite_all(\*STDERR, pack('H*', $err));
  exit $code;
}

sub syswrite_all {
  my ($to, $bytes) = @_;
  my $at = 0;
  while ($at < length $bytes) {
    my $written = syswrite $to, $bytes, length($bytes) - $at, $at;
    return unless defined $written;
    $at += $written;
  }
}

if ($name eq 'init') { init(@ARGV) }
elsif ($name eq 'lab-shell') { login_shell() }
elsif ($name eq 'sudo') { sudo() }
elsif ($name eq 'sleep') { nap() }
else { appliance() }
`;
