/**
 * Instruction 4, "Update the IP addresses", as a pure function over the text of Replicated's two
 * address files. The text may be bytes decoded as latin1: nothing but the addresses changes.
 */

/** Which addresses a restore takes out of the files, and what it puts in their place. */
export interface Replacements {
  readonly private: { readonly old: string; readonly new: string };
  /** Without a `new` (the machine has no public address) it is taken out as PUBLIC_ADDRESS, where the
   * installer writes none either; elsewhere it is left and reported. */
  readonly public?: { readonly old: string; readonly new: string | undefined };
}

/** What a rewrite came to. */
export interface Rewrite {
  readonly content: string;
  /** How many tokens were replaced; 0 when there was nothing left to do. */
  readonly replaced: number;
  /** Which of the two private addresses stood in the file before. */
  readonly found: 'old' | 'new' | 'none' | 'both';
  /** Old addresses that still stand in the file, because there is no new one to put there. */
  readonly leftover: readonly string[];
}

// What is an address, and not a part of something longer:
// - `10.0.1.5` in `10.0.1.50`, `110.0.1.5`, `1.10.0.1.5` or `10.0.1.5-old` is none;
// - in `10.0.1.5.example.com` it is a label of a name; in a sentence that ends with `10.0.1.5.` it is one;
// - `10.0.1.5/24` names a network, which does not move with the machine; `10.0.1.5/32` is the machine;
// - `ip-10-0-1-5.ec2.internal` and `ec2-54-1-2-3.….amazonaws.com` are host names made of an address.
const dotted = String.raw`\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\w|\/(?!32(?!\d))\d{1,2}(?![\w./-]))`;
const dashed = String.raw`(?:ip|ec2)-\d{1,3}(?:-\d{1,3}){3}(?![\w-])`;
const addressToken = new RegExp(String.raw`(?<![\w.-])(?:${dotted}|${dashed})`, 'g');

/** Replaces old addresses by new ones, private and public in one pass, whole tokens only. */
export function rewriteAddresses(content: string, replacements: Replacements): Rewrite {
  if (isRewrittenSwap(content, replacements)) {
    return { content, replaced: 0, found: 'new', leftover: [] };
  }
  const bare = withoutPublic(content, replacements);
  const standing = new Set(bare.content.match(addressToken));
  const successors = successorsOf(replacements);
  let replaced = bare.removed;
  const rewritten = bare.content.replace(addressToken, (token) => {
    const successor = successors.get(token) ?? token;
    replaced += successor === token ? 0 : 1;
    return successor;
  });
  return {
    content: rewritten,
    replaced,
    found: foundOf(standing, replacements.private),
    leftover: leftoverOf(standing, replacements),
  };
}

/** Whole addresses in a text, and host names that are made of one. */
export function addressTokensIn(text: string): readonly string[] {
  return text.match(addressToken) ?? [];
}

/** The addresses that a file of this shape says its machine has; the last assignment holds. */
export function addressesIn(content: string): { private?: string; public?: string } {
  const assignment = new RegExp(
    String.raw`(?<!\w)(PRIVATE|PUBLIC)_ADDRESS=["']?\[?(${dotted})`,
    'g',
  );
  const lines = content.split('\n').filter((line) => !line.trimStart().startsWith('#'));
  const addresses: { private?: string; public?: string } = {};
  for (const [, kind, address] of lines.join('\n').matchAll(assignment)) {
    addresses[kind === 'PRIVATE' ? 'private' : 'public'] = address;
  }
  return addresses;
}

/** The host of an endpoint such as `10.0.1.5:9879` or `[10.0.1.5]:9879`. */
export function hostOfEndpoint(endpoint: string): string {
  return endpoint.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}

function successorsOf(replacements: Replacements): Map<string, string> {
  const successors = new Map<string, string>();
  const replace = (from: string, to: string): void => {
    successors.set(checked(from), checked(to));
    for (const prefix of ['ip', 'ec2']) {
      successors.set(dash(prefix, from), dash(prefix, to));
    }
  };
  if (replacements.public?.new !== undefined) {
    replace(replacements.public.old, replacements.public.new);
  }
  // Last, so that it holds where the old machine named its private address as the public one too.
  replace(replacements.private.old, replacements.private.new);
  return successors;
}

/**
 * Where a new address equals the other old one, a second run could not tell what the first has
 * written from what it was to replace. The file itself says so: PRIVATE_ADDRESS is the new one.
 */
function isRewrittenSwap(content: string, replacements: Replacements): boolean {
  const { private: own, public: outer } = replacements;
  const crossed = outer !== undefined && (own.new === outer.old || outer.new === own.old);
  return crossed && own.new !== own.old && addressesIn(content).private === own.new;
}

/** Takes out the option and the line that give the old address as the machine's public one. */
function withoutPublic(
  content: string,
  { private: own, public: outer }: Replacements,
): { readonly content: string; readonly removed: number } {
  if (outer === undefined || outer.new !== undefined || outer.old === own.old) {
    return { content, removed: 0 };
  }
  const given = String.raw`PUBLIC_ADDRESS=\[?${checked(outer.old).replaceAll('.', '[.]')}\]?`;
  const option = String.raw`[ \t]{0,40}(?:-e|--env)[ \t=]${given}(?=["'\s]|$)`;
  const line = String.raw`^[ \t]*(?:export[ \t]+)?${given.replace('=', '=["\']?')}["']?[ \t]*\r?(?:\n|$)`;
  let removed = 0;
  const left = content.replace(new RegExp(`${line}|${option}`, 'gm'), () => {
    removed += 1;
    return '';
  });
  return { content: left, removed };
}

function foundOf(standing: ReadonlySet<string>, pair: Replacements['private']): Rewrite['found'] {
  if (standing.has(pair.new)) {
    return standing.has(pair.old) && pair.old !== pair.new ? 'both' : 'new';
  }
  return standing.has(pair.old) ? 'old' : 'none';
}

function leftoverOf(standing: ReadonlySet<string>, { private: own, public: outer }: Replacements) {
  const isLeft = outer !== undefined && outer.new === undefined && outer.old !== own.old;
  return isLeft && standing.has(outer.old) ? [outer.old] : [];
}

function dash(prefix: string, address: string): string {
  return `${prefix}-${address.replaceAll('.', '-')}`;
}

function checked(address: string): string {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) {
    throw new RangeError(`${JSON.stringify(address)} is not an IPv4 address`);
  }
  return address;
}
