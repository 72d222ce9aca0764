/** What the Replicated daemon says of itself. */
import { z } from 'zod';
import { jsonOf } from './json';

/** Whether Replicated takes commands, and what each part of it says. */
export interface ReplicatedStatus {
  readonly isReady: boolean;
  readonly description: string;
}

const subsystems = z.record(z.string(), z.string());

/** Reads `replicatedctl system status`: `{"Replicated": "ready", "Retraced": "ready"}`. */
export function parseSystemStatus(text: string): ReplicatedStatus {
  const parsed = subsystems.safeParse(jsonOf(text));
  if (!parsed.success) {
    const said = text.trim().slice(0, 200);
    return { isReady: false, description: `unreadable answer: ${said || '(empty)'}` };
  }
  const parts = Object.entries(parsed.data);
  return {
    isReady: 'Replicated' in parsed.data && parts.every(([, state]) => state === 'ready'),
    description: parts.map(([name, state]) => `${name} ${state}`).join(', ') || 'no subsystem',
  };
}

/** Reads the version: `2.38.6`, or `Replicated version 2.38.6 (git="…")`. */
export function parseReplicatedVersion(text: string): string | undefined {
  return /^\s*(?:Replicated version )?(\d+\.\d+\.\d+)(?![\w.])/m.exec(text)?.[1];
}
