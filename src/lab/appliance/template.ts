/** The part of Go's text/template that people use with `replicatedctl --template` and docker. */

/** Fills the template with the data; throws for what it does not understand. */
export function renderTemplate(template: string, data: unknown): string {
  const parts = template.split(/\{\{(.*?)\}\}/s);
  let text = '';
  for (let at = 0; at < parts.length; at += 1) {
    const part = parts[at] ?? '';
    if (at % 2 === 0) {
      text += part;
    } else if (part.trim().startsWith('range ')) {
      const end = closingOf(parts, at);
      const body = parts
        .slice(at + 1, end)
        .map((piece, index) => (index % 2 === 0 ? piece : `{{${piece}}}`))
        .join('');
      const items = evaluate(part.trim().slice('range '.length), data);
      text += (Array.isArray(items) ? items : [])
        .map((item) => renderTemplate(body, item))
        .join('');
      at = end;
    } else {
      text += show(evaluate(part, data));
    }
  }
  return text;
}

function closingOf(parts: readonly string[], from: number): number {
  let depth = 0;
  for (let at = from; at < parts.length; at += 2) {
    const word = (parts[at] ?? '').trim();
    depth += word.startsWith('range ') ? 1 : word === 'end' ? -1 : 0;
    if (depth === 0) {
      return at;
    }
  }
  throw new SyntaxError('unexpected EOF');
}

function evaluate(expression: string, data: unknown): unknown {
  const tokens = expression.match(/"[^"]*"|[()]|[^\s()]+/g) ?? [];
  const value = pipeline(tokens, data);
  if (tokens.length > 0) {
    throw new SyntaxError(`unexpected ${tokens[0] ?? ''} in operand`);
  }
  return value;
}

function pipeline(tokens: string[], data: unknown): unknown {
  const head = tokens[0] ?? '';
  if (/^(eq|ne|and|or|not|index|len)$/.test(head)) {
    tokens.shift();
    const values: unknown[] = [];
    while (tokens.length > 0 && tokens[0] !== ')') {
      values.push(operand(tokens, data));
    }
    return call(head, values);
  }
  return operand(tokens, data);
}

function operand(tokens: string[], data: unknown): unknown {
  const token = tokens.shift() ?? '';
  if (token === '(') {
    const value = pipeline(tokens, data);
    tokens.shift();
    const path = tokens[0]?.startsWith('.') === true ? tokens.shift() : undefined;
    return path === undefined ? value : walk(path, value);
  }
  if (token.startsWith('"')) {
    return token.slice(1, -1);
  }
  if (token === 'true' || token === 'false') {
    return token === 'true';
  }
  if (/^-?\d+$/.test(token)) {
    return Number(token);
  }
  if (token.startsWith('.')) {
    return walk(token, data);
  }
  throw new SyntaxError(`function "${token}" not defined`);
}

function walk(path: string, data: unknown): unknown {
  const names = path.split('.').filter((name) => name !== '');
  return names.reduce<unknown>((value, name) => fieldOf(value, name), data);
}

// JSON keys are lower case where the Go fields behind the templates begin with a capital.
function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  const fields = new Map(Object.entries(value));
  return fields.get(name) ?? fields.get(name.charAt(0).toLowerCase() + name.slice(1));
}

function call(name: string, values: readonly unknown[]): unknown {
  const [first, ...others] = values;
  switch (name) {
    case 'eq':
      return others.some((other) => other === first);
    case 'ne':
      return first !== others[0];
    case 'not':
      return !isTrue(first);
    case 'and':
      return values.find((value) => !isTrue(value)) ?? values.at(-1);
    case 'or':
      return values.find(isTrue) ?? values.at(-1);
    case 'len':
      return Array.isArray(first) ? first.length : 0;
    default:
      return others.reduce<unknown>(
        (value, key) =>
          Array.isArray(value) && typeof key === 'number'
            ? value[key]
            : fieldOf(value, String(key)),
        first,
      );
  }
}

function isTrue(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

function show(value: unknown): string {
  if (value === undefined || value === null) {
    return '<no value>';
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}
