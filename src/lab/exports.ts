/** NFS exports: folders of the lab that outlive its machines. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** Makes the folder of an export, if it is not there. */
export function makeExport(dir: string, source: string): string {
  const folder = join(dir, 'exports', encodeURIComponent(source));
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** The folder of an export whose server answers. */
export function reachableExport(
  dir: string,
  known: Readonly<Record<string, { readonly reachable: boolean }>>,
  source: string,
): string | undefined {
  return known[source]?.reachable === true ? makeExport(dir, source) : undefined;
}
