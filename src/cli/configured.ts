/** The configuration, read only by the commands that need it. */
import type { Config, Installation } from '../config';
import { CliError } from './exit-status';

/** The whole configuration; its errors name the file and every problem. */
export async function readConfig(): Promise<Config> {
  const { configPath, loadConfig } = await import('../config/index.js');
  return loadConfig(configPath(process.env));
}

/** One installation of it. */
export async function openConfig(
  name: string,
): Promise<{ readonly name: string; readonly installation: Installation }> {
  const { installations } = await readConfig();
  const installation = installations[name];
  if (installation) return { name, installation };
  throw new CliError(
    'WrongUsage',
    `The configuration has no installation "${name}"; it has ${Object.keys(installations).join(', ')}.`,
  );
}
