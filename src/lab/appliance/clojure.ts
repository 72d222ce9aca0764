/** As much Clojure as the dev-console's documented forms and a script's wrapper around them need. */

/** A value of the language; symbols and lists only occur in forms. */
export type Value =
  | null
  | boolean
  | number
  | string
  | { readonly symbol: string }
  | { readonly list: readonly Value[] }
  | { readonly thrown: Thrown };

/** An exception inside the console. */
export class Thrown extends Error {
  constructor(
    readonly className: string,
    message: string,
  ) {
    super(message);
  }
}

/** Ends the console, as `(exit)` does. */
export class Exit extends Error {}

/** Splits a text into forms; an unfinished form at the end is left out, as a REPL does at EOF. */
export function readForms(text: string): Value[] {
  const tokens = text.match(/"(?:\\.|[^"\\])*"|[()]|;[^\n]*|[^\s(),"]+/g) ?? [];
  const rest = tokens.filter((token) => !token.startsWith(';'));
  const forms: Value[] = [];
  while (rest.length > 0) {
    const form = readForm(rest);
    if (form === undefined) {
      break;
    }
    forms.push(form);
  }
  return forms;
}

function readForm(tokens: string[]): Value | undefined {
  const token = tokens.shift();
  if (token === undefined) {
    return undefined;
  }
  return token === '(' ? readList(tokens) : atom(token);
}

function readList(tokens: string[]): Value | undefined {
  const list: Value[] = [];
  while (tokens[0] !== ')') {
    const form = readForm(tokens);
    if (form === undefined) {
      return undefined;
    }
    list.push(form);
  }
  tokens.shift();
  return { list };
}

function atom(token: string): Value {
  const literals = new Map<string, Value>([
    ['nil', null],
    ['true', true],
    ['false', false],
  ]);
  const literal = literals.get(token);
  if (literal !== undefined) {
    return literal;
  }
  if (token.startsWith('"')) {
    const escapes = new Map([
      ['n', '\n'],
      ['t', '\t'],
      ['r', '\r'],
    ]);
    return token.slice(1, -1).replace(/\\(.)/gs, (_, c: string) => escapes.get(c) ?? c);
  }
  return /^-?\d+$/.test(token) ? Number(token) : { symbol: token };
}

/** What a form can call: the functions, and where `println` writes. */
export interface Runtime {
  readonly functions: ReadonlyMap<string, (args: readonly Value[]) => Value>;
  readonly print: (text: string) => void;
}

type Names = ReadonlyMap<string, Value>;

/** Evaluates one form; throws Thrown or Exit. */
export function evaluate(form: Value, runtime: Runtime, names: Names = new Map()): Value {
  if (typeof form !== 'object' || form === null || 'thrown' in form) {
    return form;
  }
  if ('symbol' in form) {
    // A keyword stands for itself.
    return form.symbol.startsWith(':') ? form : lookUp(form.symbol, names);
  }
  const [head, ...rest] = form.list;
  const name = typeof head === 'object' && head !== null && 'symbol' in head ? head.symbol : '';
  switch (name) {
    case 'try':
      return tryForms(rest, runtime, names);
    case 'do':
      return inOrder(rest, runtime, names);
    case 'exit':
    case 'quit':
      throw new Exit();
    default:
      return apply(
        name,
        rest.map((argument) => evaluate(argument, runtime, names)),
        runtime,
      );
  }
}

function lookUp(symbol: string, names: Names): Value {
  const value = names.get(symbol);
  if (value === undefined) {
    throw new Thrown(
      'java.lang.RuntimeException',
      `Unable to resolve symbol: ${symbol} in this context`,
    );
  }
  return value;
}

function inOrder(forms: readonly Value[], runtime: Runtime, names: Names): Value {
  return forms.reduce<Value>((_, form) => evaluate(form, runtime, names), null);
}

function tryForms(forms: readonly Value[], runtime: Runtime, names: Names): Value {
  const bodies = forms.filter((form) => !isCalled(form, 'catch') && !isCalled(form, 'finally'));
  const handler = forms.find((form) => isCalled(form, 'catch'));
  try {
    return inOrder(bodies, runtime, names);
  } catch (error) {
    const [, , variable, ...rest] = listOf(handler);
    if (!(error instanceof Thrown) || variable === undefined) {
      throw error;
    }
    const caught = new Map(names).set(symbolOf(variable), { thrown: error });
    return inOrder(rest, runtime, caught);
  }
}

function listOf(form: Value | undefined): readonly Value[] {
  return typeof form === 'object' && form !== null && 'list' in form ? form.list : [];
}

function symbolOf(form: Value | undefined): string {
  return typeof form === 'object' && form !== null && 'symbol' in form ? form.symbol : '';
}

function isCalled(form: Value, name: string): boolean {
  return symbolOf(listOf(form)[0]) === name;
}

function apply(name: string, args: readonly Value[], runtime: Runtime): Value {
  const [first] = args;
  switch (name) {
    case 'println':
      runtime.print(`${args.map(plain).join(' ')}\n`);
      return null;
    case 'print':
      runtime.print(args.map(plain).join(' '));
      return null;
    case 'str':
      return args.map((value) => (value === null ? '' : plain(value))).join('');
    case 'pr-str':
      return args.map(readable).join(' ');
    case 'flush':
      return null;
    case 'class':
      return { symbol: thrownOf(first)?.className ?? 'java.lang.String' };
    case '.getMessage':
      return thrownOf(first)?.message ?? null;
    case '.getName':
    case '.getSimpleName':
      return plain(first ?? null);
    default: {
      const known = runtime.functions.get(name);
      if (known === undefined) {
        throw new Thrown(
          'java.lang.RuntimeException',
          `Unable to resolve symbol: ${name} in this context`,
        );
      }
      return known(args);
    }
  }
}

function thrownOf(value: Value | undefined): Thrown | undefined {
  return typeof value === 'object' && value !== null && 'thrown' in value
    ? value.thrown
    : undefined;
}

/** A value as `println` writes it. */
function plain(value: Value): string {
  return typeof value === 'string' ? value : readable(value);
}

/** A value as the REPL shows it. */
export function readable(value: Value): string {
  if (value === null) {
    return 'nil';
  }
  if (typeof value === 'string') {
    return JSON.stringify(value);
  }
  if (typeof value !== 'object') {
    return String(value);
  }
  if ('symbol' in value) {
    return value.symbol;
  }
  return 'list' in value
    ? `(${value.list.map(readable).join(' ')})`
    : `#error {:cause ${JSON.stringify(value.thrown.message)}}`;
}
