/** Parses JSON that a machine printed; undefined, which no JSON means, when it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The same, past lines that stand before it: a wrapper may warn of something first. The JSON begins
 * a line and goes to the end.
 */
export function jsonWithin(text: string): unknown {
  const start = /^[[{]/m.exec(text)?.index ?? 0;
  return jsonOf(text) ?? jsonOf(text.slice(start));
}
