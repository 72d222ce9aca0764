/**
 * What must not leave a machine with its output: failures end in Temporal's history.
 *
 * Every rule is linear in the text, which may be long and hostile: a word is entered only at its
 * beginning (the lookbehinds), and what it means is asked of the whole word. The shapes of tokens
 * are those that the known scanners look for (gitleaks, trufflehog, GitHub's own).
 */

interface Rule {
  /** What goes, between its groups `before` and `after`; only if its group `name` is secret. */
  readonly pattern: RegExp;
  readonly mark?: '[private key]' | '[access key]';
}

// `passed: 12` is no password, `db_pass: …` is one.
const secretWord =
  /token|passw(?:or)?d|passphrase|secret|credential|(?:api|access|private|signing|encryption|unseal|auth)[_ -]?key|(?:^|[_-])(?:pass|pwd|cookie)(?:$|[_-])/i;

const quoted = String.raw`"(?:[^"\\\n]|\\.)*"`;
/** A value; a quote that was cut off ends with the line. What is redacted already stays as it is. */
const value = String.raw`(?:\[secret\]|"(?:[^"\\\n]|\\.)*"?|'[^'\n]*'?|[^\s,;]+)`;
const nameIs = String.raw`"(?:name|key|id)"\s*:\s*(?<name>${quoted})`;
const valueIs = String.raw`"(?:value|data)"\s*:\s*`;

/** GitHub, GitLab, Slack, CircleCI, npm, PyPI, Stripe, Google, Vault, SendGrid, JSON Web Tokens. */
const tokens = [
  String.raw`gh[pousr]_\w{20,}`,
  String.raw`github_pat_\w{20,}`,
  String.raw`gl(?:pat|ptt|dt|rt)-[\w-]{16,}`,
  String.raw`x(?:ox[a-z]|app)-[\w-]{8,}`,
  String.raw`CCI(?:PAT|PRJ)_\w{16,}`,
  String.raw`npm_\w{30,}`,
  String.raw`pypi-[\w-]{16,}`,
  String.raw`[rs]k_(?:live|test)_\w{10,}`,
  String.raw`AIza[\w-]{35}`,
  String.raw`hv[sbr]\.[\w-]{20,}`,
  String.raw`SG\.[\w-]{16,}\.[\w-]{16,}`,
  String.raw`eyJ[\w-]{8,}\.eyJ[\w-]+(?:\.[\w-]*)?`,
];

const rules: readonly Rule[] = [
  {
    // A key that was cut off has no END line: then everything after its beginning goes.
    pattern:
      /-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|$)/g,
    mark: '[private key]',
  },
  // The same in base64, as files travel in JSON.
  { pattern: /LS0tLS1CRUdJTi[\w+/=-]*|AGE-SECRET-KEY-1[A-Z0-9]+/g, mark: '[private key]' },
  {
    pattern: /(?<![A-Z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Z0-9])/g,
    mark: '[access key]',
  },
  { pattern: new RegExp(`(?<![A-Za-z0-9])(?:${tokens.join('|')})`, 'g') },
  { pattern: /(?<before>hooks\.slack\.com\/(?:services|workflows|triggers)\/)[\w/-]+/g },
  {
    // A login in a URL. Some passwords hold an unescaped slash.
    pattern:
      /(?<![a-z0-9+.-])(?<before>[a-z][a-z0-9+.-]*:\/\/)(?:[^\s/@]+|[^\s/@:]*:[^\s@]{1,200})(?<after>@)/gi,
  },
  {
    // Authorization: Bearer …
    pattern:
      /(?<![\w-])(?<before>(?:proxy-)?authorization["']?\s*[=:]\s*)(?:\[secret\]|"[^"\n]*"?|(?:(?:bearer|basic|token|digest)\s+)?\S+)/gi,
  },
  { pattern: /(?<![\w-])(?<before>(?:set-)?cookie:[ \t]*)\S[^\n]*/gi },
  // {"Name": "client_secret", "Value": "…"}, and the other way round.
  { pattern: new RegExp(`(?<before>${nameIs}\\s*,\\s*${valueIs})${value}`, 'gi') },
  {
    pattern: new RegExp(
      `(?<before>${valueIs})(?:\\[secret\\]|${quoted})(?<after>\\s*,\\s*${nameIs})`,
      'gi',
    ),
  },
  // DAEMON_TOKEN=…, "client_secret": "…", Unseal Key 1: …, --password …, curl -u …
  {
    pattern: new RegExp(`(?<![\\w.-])(?<before>(?<name>[\\w.-]+)["']?\\s*[=:]\\s*)${value}`, 'g'),
  },
  { pattern: /(?<!\w)(?<before>unseal key(?: \d+)?\s*[=:]\s*)\S+/gi },
  { pattern: /(?<![\w-])(?<before>(?<name>--[\w-]+)\s+)(?![[-])\S+/g },
  { pattern: /(?<![\w-])(?<before>curl\b[^\n]{0,200}?\s(?:-u|--user)\s+)(?!\[)\S+/g },
];

/** Replaces private keys, access keys, tokens, passwords and logins in URLs by a mark. */
export function redact(text: string): string {
  return rules.reduce(
    (clean, { pattern, mark = '[secret]' }) =>
      clean.replace(pattern, (match: string, ...found: unknown[]) => {
        const last = found.at(-1);
        // Without named groups the last argument is the text.
        const { before, name, after } = (typeof last === 'object' ? last : {}) as Groups;
        if (name !== undefined && !secretWord.test(name)) return match;
        return `${before ?? ''}${mark}${after ?? ''}`;
      }),
    text,
  );
}

type Groups = Partial<Record<'before' | 'name' | 'after', string>>;
