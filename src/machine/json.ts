/** Parses JSON that a machine printed; undefined, which no JSON means, when it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
