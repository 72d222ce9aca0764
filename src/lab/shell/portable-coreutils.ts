/**
 * Commands of GNU coreutils and findutils that just-bash lacks or knows only in part. Ownership is
 * not modelled here, every file is root's: the real shell proves it.
 */
import { randomBytes } from 'node:crypto';
import { basename, posix } from 'node:path';
import type { ExecResult, ResolvedCommandContext } from 'just-bash';
import { fail, fine, print, type Call, type ShellCommand } from './portable-commands';

/** By name; each replaces a command of the same name. */
export const fileCommands: Readonly<Record<string, ShellCommand>> = {
  sync: () => fine,
  mktemp: makeTemporary,
  mv: move,
  chown: (call) => touchAll('chown', call),
  chgrp: (call) => touchAll('chgrp', call),
  chmod: changeMode,
  rm: remove,
  grep: search,
  find: findFiles,
  stat: describe,
  cmp: compare,
};

async function makeTemporary({ args, context }: Call): Promise<ExecResult> {
  const template = args.find((word) => !word.startsWith('-')) ?? '/tmp/tmp.XXXXXXXXXX';
  const path = resolved(
    context,
    template.replace(/X{3,}$/, (blanks) =>
      randomBytes(blanks.length).toString('hex').slice(0, blanks.length),
    ),
  );
  try {
    if (args.includes('-d')) {
      await context.fs.mkdir(path);
    } else {
      await context.fs.writeFile(path, '');
    }
    await context.fs.chmod(path, args.includes('-d') ? 0o700 : 0o600);
    return print(`${path}\n`);
  } catch (error) {
    return fail(`mktemp: failed to create file via template '${template}': ${reasonOf(error)}`);
  }
}

/** `mv [-T] [-n] [-f] SOURCE DEST`: one rename. */
async function move({ args, context }: Call): Promise<ExecResult> {
  const flags = args.filter((word) => word.startsWith('-')).join('');
  const [source, dest, ...more] = args.filter((word) => !word.startsWith('-'));
  if (source === undefined || dest === undefined || more.length > 0) {
    return (
      context.origCommand?.(args.filter((word) => word !== '-T')) ?? fail('mv: missing operand')
    );
  }
  const from = resolved(context, source);
  const isInto = !flags.includes('T') && (await isFolder(context, dest));
  const to = isInto ? posix.join(resolved(context, dest), basename(from)) : resolved(context, dest);
  const [old, present] = [await lstat(context, from), await lstat(context, to)];
  if (old === undefined) {
    return fail(`mv: cannot stat '${source}': No such file or directory`);
  }
  if (present !== undefined && flags.includes('n')) {
    return fine;
  }
  if (present?.isDirectory === true && !old.isDirectory) {
    return fail(`mv: cannot overwrite directory '${dest}' with non-directory`);
  }
  if (present?.isDirectory === true && (await context.fs.readdir(to)).length > 0) {
    return fail(`mv: cannot move '${source}' to '${dest}': Directory not empty`);
  }
  try {
    await context.fs.mv(from, to);
    return fine;
  } catch (error) {
    return fail(`mv: cannot move '${source}' to '${dest}': ${reasonOf(error)}`);
  }
}

async function touchAll(name: string, { args, context }: Call): Promise<ExecResult> {
  const words = args.filter((word) => !word.startsWith('-'));
  const hasReference = args.some((word) => word.startsWith('--reference='));
  for (const path of hasReference ? words : words.slice(1)) {
    if ((await lstat(context, resolved(context, path))) === undefined) {
      return fail(`${name}: cannot access '${path}': No such file or directory`);
    }
  }
  return fine;
}

async function changeMode({ args, context }: Call): Promise<ExecResult> {
  const reference = args.find((word) => word.startsWith('--reference='));
  if (reference === undefined) {
    return context.origCommand?.([...args]) ?? fine;
  }
  const model = await lstat(context, resolved(context, reference.slice('--reference='.length)));
  for (const path of args.filter((word) => !word.startsWith('-'))) {
    if (model === undefined) {
      return fail(`chmod: failed to get attributes of '${path}': No such file or directory`);
    }
    await context.fs.chmod(resolved(context, path), model.mode & 0o7777);
  }
  return fine;
}

async function remove({ args, context }: Call): Promise<ExecResult> {
  const known = args.filter((word) => word !== '--one-file-system');
  return (await context.origCommand?.(known)) ?? fine;
}

/** `find` with -xdev: nothing is mounted below the folders of the portable shell. */
async function findFiles({ args, context }: Call): Promise<ExecResult> {
  return (await context.origCommand?.(args.filter((word) => word !== '-xdev'))) ?? fine;
}

/** `grep` with -s, -a and -I, which just-bash does not know. */
async function search({ args, context }: Call): Promise<ExecResult> {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const flags = args
    .slice(0, end)
    .filter((word) => /^-[A-Za-z]+$/.test(word))
    .join('');
  const known = args.flatMap((word, index) => {
    const isFlag = index < end && /^-[A-Za-z]+$/.test(word);
    const kept = isFlag ? word.replace(/[sIa]/g, '') : word;
    return isFlag && kept === '-' ? [] : [kept];
  });
  const result = (await context.origCommand?.(known)) ?? fine;
  return flags.includes('s') ? { ...result, stderr: '' } : result;
}

/** `stat -c FORMAT FILE…` for the directives that scripts use. */
async function describe({ args, context }: Call): Promise<ExecResult> {
  const at = args.findIndex((word) => word === '-c' || word === '--format');
  if (at < 0) {
    return context.origCommand?.([...args]) ?? fine;
  }
  const format = args[at + 1] ?? '';
  let stdout = '';
  for (const path of args.filter((word, index) => !word.startsWith('-') && index !== at + 1)) {
    const found = await lstat(context, resolved(context, path));
    if (found === undefined) {
      return { ...fail(`stat: cannot stat '${path}': No such file or directory`), stdout };
    }
    const kind = found.isDirectory
      ? 'directory'
      : found.isSymbolicLink
        ? 'symbolic link'
        : 'regular file';
    const directives = new Map([
      ['n', path],
      ['a', (found.mode & 0o7777).toString(8)],
      ['s', String(found.size)],
      ['F', kind],
      ['Y', String(Math.floor(found.mtime.getTime() / 1000))],
      ['U', 'root'],
      ['G', 'root'],
      ['u', '0'],
      ['g', '0'],
    ]);
    stdout += `${format.replace(/%(.)/g, (whole, key: string) => directives.get(key) ?? whole)}\n`;
  }
  return print(stdout);
}

async function compare({ args, context }: Call): Promise<ExecResult> {
  const [left = '', right = ''] = args.filter((word) => !word.startsWith('-'));
  try {
    const [a, b] = await Promise.all(
      [left, right].map((path) => context.fs.readFileBuffer(resolved(context, path))),
    );
    const isSame = a !== undefined && b !== undefined && Buffer.from(a).equals(b);
    return isSame ? fine : { stdout: `${left} ${right} differ\n`, stderr: '', exitCode: 1 };
  } catch (error) {
    return fail(`cmp: ${reasonOf(error)}`, 2);
  }
}

function resolved(context: ResolvedCommandContext, path: string): string {
  return context.fs.resolvePath(context.cwd, path);
}

async function isFolder(context: ResolvedCommandContext, path: string): Promise<boolean> {
  try {
    return (await context.fs.stat(resolved(context, path))).isDirectory;
  } catch {
    return false;
  }
}

async function lstat(
  context: ResolvedCommandContext,
  path: string,
): Promise<Awaited<ReturnType<ResolvedCommandContext['fs']['lstat']>> | undefined> {
  try {
    return await context.fs.lstat(path);
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.includes('ENOSPC')
    ? 'No space left on device'
    : message.includes('ENOENT')
      ? 'No such file or directory'
      : message;
}
