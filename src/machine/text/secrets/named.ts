/**
 * Secrets that are known by the name before them: `DAEMON_TOKEN=…`, `"client_secret": "…"`,
 * `Authorization: …`, `curl -u …`. What a name means is asked of the whole name. Pure.
 */

/** A pattern whose group `name`, where it has one, must be that of a secret. */
export interface Named {
  readonly name: string;
  /** What stands between the groups `before` and `after` goes. */
  readonly pattern: RegExp;
}

// `passed: 12` is no password, `db_pass: …` is one.
const secretName =
  /token|passw(?:or)?d|passphrase|secret|credential|(?:api|access|private|signing|encryption|unseal|auth|license|deploy|storage|shared|master)[_ -]?keys?(?![A-Za-z])|(?:^|[_-])(?:pass|pwd|cookie|psk)(?:$|[_-])/i;
/** What tells of a secret and is none. */
const harmlessName =
  /(?:[_.-]|(?<=[a-z])(?=[A-Z]))?(?:file|path|type|name|count|length|ttl|expir[a-z]{1,8}|authentication|lookup|policy)$/i;
const harmlessValue =
  /^["']?(?:true|false|yes|no|on|off|null|nil|none|undefined|required|optional|enabled|disabled|\[\w{1,12}(?: key)?\]|\*{3,20})["']?[,;)}\]]{0,4}$/i;

/** Whether what stands after that name is a secret. */
export function isSecretName(name: string): boolean {
  return secretName.test(name) && !harmlessName.test(name);
}

/** Whether that value can stand after any name. */
export function isHarmless(value: string): boolean {
  return value.length < 40 && harmlessValue.test(value);
}

export const named: readonly Named[] = [
  {
    name: 'header of an authorization',
    pattern:
      /(?<![\w-])(?<before>(?:proxy-)?authorization["']?[ \t]{0,9}[=:][ \t]{0,9})(?:\[secret\]|"[^"\n]*"?|'[^'\n]*'?|(?:digest|aws4-hmac-sha256|hmac|signature|oauth)[^\n]*|(?:(?:bearer|basic|token|negotiate|apikey)[ \t]{1,9})?\S+)/gi,
  },
  { name: 'cookie', pattern: /(?<![\w-])(?<before>(?:set-)?cookie:[ \t]{0,9})\S[^\n]*/gi },
  {
    // {"Name": "client_secret", "Value": "…"}
    name: 'pair in JSON',
    pattern:
      /(?<before>"(?:name|key|id)"\s{0,9}:\s{0,9}"(?<name>[^"\\\n]{1,200})"\s{0,99},\s{0,99}"(?:value|data)"\s{0,9}:\s{0,9})(?:\[secret\]|"(?:[^"\\\n]|\\.)*"?|[^\s,;]+)/gi,
  },
  {
    name: 'pair in JSON, the value first',
    pattern:
      /(?<before>"(?:value|data)"\s{0,9}:\s{0,9})(?:\[secret\]|"(?:[^"\\\n]|\\.)*")(?<after>\s{0,99},\s{0,99}"(?:name|key|id)"\s{0,9}:\s{0,9}"(?<name>[^"\\\n]{1,200})")/gi,
  },
  {
    // The configuration of Replicated and of Kubernetes.
    name: 'pair in YAML',
    pattern:
      /(?<![\w-])(?<before>(?:name|key):[ \t]{0,9}["']?(?<name>[\w.-]{1,200})["']?[ \t]{0,9}\r?\n[ \t]{0,99}(?:value|data|default):[ \t]{0,9})[^\n]+/gi,
  },
  {
    name: 'a name and its value',
    pattern:
      /(?<![\w.-])(?<before>(?<name>[\w.-]+)["']?[ \t]{0,9}[=:][ \t]{0,9}(?:[|>][+-]?[ \t]{0,9}\r?\n[ \t]{1,99})?)(?<value>\[secret\]|"(?:[^"\\\n]|\\.)*"?|'[^'\n]*'?|[^\s"']\S*)/g,
  },
  {
    name: 'key in words',
    pattern:
      /(?<![\w-])(?<before>(?:api|access|private|signing|encryption|unseal|auth|license|master|shared) keys?(?: \d{1,3})?[ \t]{0,9}[=:][ \t]{0,9})\S+/gi,
  },
];
