/** Reads an environment file by the rules of systemd's `EnvironmentFile=`. */

/** Values by name; later lines win, comments and lines without a name are passed over. */
export function parseEnvironmentFile(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  const joined = text.replace(/\r\n?/g, '\n').replace(/\\\n/g, '');
  for (const line of joined.split('\n')) {
    const match = /^\s*([A-Za-z_]\w*)\s*=(.*)$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) {
      values[match[1]] = unquote(match[2].trim());
    }
  }
  return values;
}

function unquote(raw: string): string {
  let result = '';
  let quote = '';
  for (let at = 0; at < raw.length; at += 1) {
    const character = raw.charAt(at);
    if (character === '\\' && quote !== "'") {
      at += 1;
      result += raw.charAt(at);
    } else if (character === quote) {
      quote = '';
    } else if (quote === '' && (character === '"' || character === "'")) {
      quote = character;
    } else {
      result += character;
    }
  }
  return result;
}
