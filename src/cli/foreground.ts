/** Runs another program of this package in the foreground, on our own terminal. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { ExitStatus } from './exit-status';
import { CliError, exitStatus } from './exit-status';
import { libFile } from './package';

/** Starts it by path and passes its end on. */
export async function runInForeground(path: string, args: readonly string[]): Promise<ExitStatus> {
  const file = libFile(path);
  if (!existsSync(file)) {
    throw new CliError('Failed', `${file} is missing. In a checkout, make it with: npm run build`);
  }
  const child = spawn(process.execPath, [file, ...args], { stdio: 'inherit' });
  // The terminal sends Ctrl-C to the child as well; it ends in order, and we after it.
  const leaveToChild = (): void => undefined;
  const passOn = (): void => {
    child.kill('SIGTERM');
  };
  process.on('SIGINT', leaveToChild);
  process.on('SIGTERM', passOn);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    return code === 0 ? exitStatus.done : exitStatus.failed;
  } finally {
    process.off('SIGINT', leaveToChild);
    process.off('SIGTERM', passOn);
  }
}
