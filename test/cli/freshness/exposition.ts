/** A reader of Prometheus' text format, strict where node_exporter is. */

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const sampleLine = /^([a-zA-Z_:][\w:]*)\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*)\} (\S+)$/;

/** The samples of a file by metric; throws for anything that is not in order. */
export function readExposition(text: string): Map<string, Sample[]> {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, Sample[]>();
  let open = '';
  for (const line of text.split('\n').slice(0, -1)) {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      // All lines of a metric stand together, and each metric once.
      if (families.has(name)) throw new Error(`${name} begins twice`);
      open = name;
    } else if (keyword === 'TYPE') {
      if (open !== name || families.has(name)) throw new Error(`TYPE ${name} is out of place`);
      if (rest !== 'gauge') throw new Error(`${name} is no gauge but ${rest}`);
      families.set(name, []);
    } else {
      families.get(open)?.push(readSample(line, open));
    }
  }
  return families;
}

function readSample(line: string, family: string): Sample {
  const [, name, inBraces = '', number = ''] = sampleLine.exec(line) ?? [];
  if (name !== family) throw new Error(`out of place: ${line}`);
  const labels = [...inBraces.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)].map(
    ([, label = '', value = '']) => [label, unescaped(value)] as const,
  );
  const value = number === '+Inf' ? Number.POSITIVE_INFINITY : Number(number);
  if (Number.isNaN(value)) throw new Error(`no number: ${line}`);
  return { labels: Object.fromEntries(labels), value };
}

function unescaped(value: string): string {
  return value.replace(/\\(.)/g, (_whole, character: string) =>
    character === 'n' ? '\n' : character,
  );
}
