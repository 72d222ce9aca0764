/** Reads one item of the app's configuration. */
import type { Machine } from '../../../contract/plan';
import { valueOf } from '../../../machine/dialects/item';
import { dialectOf } from './dialect';
import type { Remote } from '../../frame/on-machine';

/** The item's value; empty where it has none. Refuses where Replicated does not say. */
export async function itemOf(remote: Remote, name: string): Promise<string> {
  const { readItem } = await dialectOf(remote);
  return valueOf(await remote.read(readItem(name))) ?? '';
}

/** Where a person sets items, for a message. */
export function settingsPage({ privateAddress }: Machine): string {
  return `https://${privateAddress}:8800/settings`;
}
