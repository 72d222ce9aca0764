/** What `runbook watch` has told already, so that each fact is told once, and once when it ends. */
import type { Fact, Seen } from './facts';

/** A fact that was seen at the last look. */
export interface Kept extends Fact {
  /** ISO 8601: when it was first seen. */
  readonly since: string;
  /** The receivers that have taken it. */
  readonly heard: readonly string[];
  /** It has ended, and not everybody who heard of it has heard that. */
  readonly over?: boolean;
}

export type Memory = readonly Kept[];

/** Reads the state file's text; what is no memory of ours is forgotten: told twice, never not at all. */
export function readMemory(text: string): Memory {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.filter(isKept) : [];
  } catch {
    return [];
  }
}

function isKept(value: unknown): value is Kept {
  if (typeof value !== 'object' || value === null) return false;
  const one = value as Partial<Record<keyof Kept, unknown>>;
  const texts = [one.key, one.area, one.what, one.todo, one.since];
  return (
    texts.every((text) => typeof text === 'string') &&
    Array.isArray(one.heard) &&
    one.heard.every((name) => typeof name === 'string')
  );
}

/** The memory after a look: new facts, those that last, and those that have ended. */
export function afterLook(memory: Memory, { facts, unseen }: Seen, now: string): Memory {
  const seen = facts.map((fact): Kept => {
    const before = memory.find((one) => one.key === fact.key && one.over !== true);
    return { ...fact, since: before?.since ?? now, heard: before?.heard ?? [] };
  });
  const gone = memory.flatMap((one): Kept[] => {
    if (one.over !== true && seen.some(({ key }) => key === one.key)) return [];
    if (one.over === true) return [one];
    // What could not be looked at has not ended.
    if (unseen.includes(one.area)) return [one];
    // What nobody has heard of needs no end.
    return one.heard.length === 0 ? [] : [{ ...one, heard: [], over: true }];
  });
  return [...seen, ...gone];
}
