/**
 * A boot that stopped half-way, told by what it printed on the console. An instance that lacks a
 * device of /etc/fstab waits there for a person, without network: nobody can log in and ask it. The
 * texts are those of systemd's emergency and rescue mode, of Upstart's mountall, and of the scripts of
 * SysV and CentOS 6. Pure.
 */
import { saidShortly } from '../text/said';

const stops = [
  /\b(?:You are in|Welcome to|Entering) (?:emergency|rescue) mode/i,
  /Press S to skip mounting or M for manual recovery/i,
  /Give root password for (?:maintenance|login)/i,
  /Press Enter for maintenance/i,
  /Dropping you to a shell/i,
  /dracut:\/#|Entering emergency/i,
] as const;

const causes = [
  /Timed out waiting for device \S+/i,
  /Dependency failed for \/\S*/i,
  /The disk drive for \S+ is not ready yet or not present/i,
  /An error occurred while mounting \S+/i,
  /(?:UNEXPECTED INCONSISTENCY|An error occurred during the file ?system check)[^\n]*/i,
  /Failed to mount \S+/i,
  /(?:special device \S+ does not exist|can't find (?:UUID|LABEL)=\S+)/i,
] as const;

/** What the last boot on this console stopped at; undefined where it went on, or shows nothing. */
export function whereBootStopped(console: string): string | undefined {
  const text = console.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '').replace(/\r/g, '');
  // A console keeps the output of earlier boots.
  const boot = text.slice(Math.max(0, text.lastIndexOf('Linux version ')));
  const at = Math.max(...stops.map((sign) => lastIndexOf(boot, sign)));
  if (at < 0 || /^\S+ login: ?$/m.test(boot.slice(at))) return undefined;
  const before = causes.flatMap((cause) => cause.exec(boot)?.[0] ?? []);
  const line = boot.slice(at).split('\n', 1)[0] ?? '';
  return saidShortly([...new Set([...before, line])].join('; '), 300);
}

function lastIndexOf(text: string, sign: RegExp): number {
  const all = [...text.matchAll(new RegExp(sign.source, 'gi'))];
  return all.at(-1)?.index ?? -1;
}
