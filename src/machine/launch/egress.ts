/**
 * Where a security group lets packets out, judged by addresses and not by how its rules are written:
 * two halves of the internet are the internet. Pure.
 */

/** Addresses of one family, from the first to the last. */
interface Range {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

const bitsOf = { 4: 32, 6: 128 } as const;

/**
 * The outbound rules that lead beyond the networks that are named (CIDR); none of these: nothing may
 * leave. A rule that names another group or a prefix list always does: what is in them may change
 * without this group's rules.
 */
export function reachBeyond(egress: readonly string[], named: readonly string[] = []): string[] {
  const allowed = merged(named.map(rangeOf).filter((range) => range !== undefined));
  return egress.filter((rule) => {
    const range = rangeOf(rule);
    return range === undefined || !allowed.some((one) => holds(one, range));
  });
}

function holds(outer: Range, inner: Range): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}

/** Ranges that touch or overlap as one, so that a rule over two named networks is seen to fit. */
function merged(ranges: readonly Range[]): Range[] {
  const inOrder = [...ranges].sort(
    (one, other) => one.family - other.family || (one.first < other.first ? -1 : 1),
  );
  const all: Range[] = [];
  for (const range of inOrder) {
    const before = all.at(-1);
    if (before?.family !== range.family || range.first > before.last + 1n) {
      all.push(range);
    } else if (range.last > before.last) {
      all[all.length - 1] = { ...before, last: range.last };
    }
  }
  return all;
}

/** The addresses of a CIDR; undefined for a text that is none. */
function rangeOf(cidr: string): Range | undefined {
  const [address = '', length = '', ...more] = cidr.split('/');
  if (more.length > 0 || !/^\d{1,3}$/.test(length)) return undefined;
  const family = address.includes(':') ? 6 : 4;
  const value = family === 4 ? ipv4(address) : ipv6(address);
  const bits = bitsOf[family];
  if (value === undefined || Number(length) > bits) return undefined;
  const host = BigInt(bits - Number(length));
  const first = (value >> host) << host;
  return { family, first, last: first + (1n << host) - 1n };
}

function ipv4(text: string): bigint | undefined {
  const parts = text.split('.');
  const isOne =
    parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
  return isOne ? parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n) : undefined;
}

function ipv6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const [before = [], after = []] = groups;
  const missing = 8 - before.length - after.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const all = [...before, ...Array<string>(Math.max(0, missing)).fill('0'), ...after];
  if (!all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return all.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}
