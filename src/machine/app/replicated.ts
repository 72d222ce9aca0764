/** What the Replicated daemon says of itself. */
import { z } from 'zod';
import { jsonWithin } from '../text/json';

/** Whether Replicated takes commands, and what each part of it says. */
export interface ReplicatedStatus {
  readonly isReady: boolean;
  /** False for an answer in a shape that is not known here: waiting does not mend it. */
  readonly isReadable: boolean;
  readonly description: string;
}

const subsystems = z.record(z.string(), z.string());

/** Reads `replicatedctl system status`: `{"Replicated": "ready", "Retraced": "ready"}`. */
export function parseSystemStatus(text: string): ReplicatedStatus {
  const parsed = subsystems.safeParse(jsonWithin(text));
  if (!parsed.success) {
    const said = text.trim().slice(0, 200);
    return said === ''
      ? { isReady: false, isReadable: true, description: 'unreadable answer: (empty)' }
      : { isReady: false, isReadable: false, description: `unreadable answer: ${said}` };
  }
  const parts = Object.entries(parsed.data);
  return {
    isReadable: true,
    isReady: 'Replicated' in parsed.data && parts.every(([, state]) => state === 'ready'),
    description: parts.map(([name, state]) => `${name} ${state}`).join(', ') || 'no subsystem',
  };
}

/**
 * Reads the version: `2.38.6`, `Replicated version 2.38.6 (git="…")`, or of several components a
 * line each, of which the daemon's counts.
 */
export function parseReplicatedVersion(text: string): string | undefined {
  for (const line of text.split('\n')) {
    const version = /^(?:replicated(?: version)?[ :]+v?)?(\d+\.\d+\.\d+)(?![\w.])/i.exec(
      line.trim(),
    )?.[1];
    if (version !== undefined) return version;
  }
  return undefined;
}
