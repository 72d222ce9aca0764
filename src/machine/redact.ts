/** What must not leave a machine with its output: failures end in Temporal's history. */

const secrets: readonly (readonly [RegExp, string])[] = [
  // A key that was cut off has no END line: then everything after its beginning goes.
  [
    /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g,
    '[private key]',
  ],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, '[access key]'],
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, '$1[secret]@'],
  // DAEMON_TOKEN=…, "client_secret": "…", --password …, Authorization: Bearer …
  [
    /([\w-]*(?:token|password|passwd|passphrase|secret|api[_-]?key|access[_-]?key)[\w-]*["']?\s*[=:]\s*)("[^"\n]*"?|'[^'\n]*'?|[^\s,;]+)/gi,
    '$1[secret]',
  ],
  [/(--(?:[\w-]*(?:token|password|passphrase|secret))\s+)(?!\[)\S+/gi, '$1[secret]'],
  [/\b(authorization["']?\s*[=:]\s*)(?:(?:bearer|basic|token)\s+)?\S+/gi, '$1[secret]'],
];

/** Replaces private keys, access keys, tokens, passwords and logins in URLs by a mark. */
export function redact(text: string): string {
  return secrets.reduce((clean, [secret, mark]) => clean.replace(secret, mark), text);
}
