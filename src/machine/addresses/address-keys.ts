/**
 * The keys of the address files that Replicated reads an address from, and what a third address in
 * them (neither the old machine's nor this one's) would do. Key names: replicated-installer.
 */
import { hostOfEndpoint } from './addresses';

/** An address or name that a key gives, where it stands, as the program that reads it sees it. */
export interface GivenAddress {
  readonly key: string;
  /** As it stands, with its port. */
  readonly value: string;
  readonly host: string;
  /** Number of its line, from 1. */
  readonly line: number;
}

const keys = [
  'PRIVATE_ADDRESS',
  'LOCAL_ADDRESS',
  'PUBLIC_ADDRESS',
  'DAEMON_ENDPOINT',
  'DAEMON_HOST',
  'REGISTRY_ADVERTISE_ADDRESS',
  'DAEMON_REGISTRY_ENDPOINT',
] as const;

/** Without a right one of these Replicated does not come up on this machine. */
const vital: readonly string[] = ['PRIVATE_ADDRESS', 'LOCAL_ADDRESS', 'DAEMON_ENDPOINT'];

/** What happens with a wrong address, for a person. */
const uses: Readonly<Record<string, string>> = {
  PRIVATE_ADDRESS: 'Replicated would take it for its own address',
  LOCAL_ADDRESS: 'the daemon would take it for its own address',
  PUBLIC_ADDRESS: 'it is given out as the public address',
  DAEMON_ENDPOINT: 'the operator would dial it instead of this machine',
  DAEMON_HOST: 'it is all that the operator reaches without its proxy',
  REGISTRY_ADVERTISE_ADDRESS: 'the images of the app would be looked for there',
  DAEMON_REGISTRY_ENDPOINT: 'the images of the app would be fetched from there',
};

/** Whether Replicated cannot come up with a wrong address in this key. */
export function isVital({ key }: GivenAddress): boolean {
  return vital.includes(key);
}

/** What a wrong address in this key does, as half a sentence. */
export function useOf({ key }: GivenAddress): string {
  return uses[key] ?? 'Replicated reads it';
}

/**
 * The addresses that hold, one for each key: of several assignments the last; an option of the
 * container (`-e KEY=…` in a variable such as REPLICATED_OPTS) beats a variable of the file.
 */
export function givenAddresses(content: string): GivenAddress[] {
  const inFile = new Map<string, GivenAddress>();
  const inOptions = new Map<string, Map<string, GivenAddress>>();
  for (const { name, value, line } of assignments(content)) {
    if (name.endsWith('OPTS')) {
      // The whole variable is assigned anew: options of an earlier line are gone.
      inOptions.set(name, optionsIn(value, line));
    } else if (isKey(name)) {
      inFile.set(name, given(name, value, line));
    }
  }
  const options = [...inOptions].filter(([name]) => name !== 'REPLICATED_UI_OPTS');
  const all = new Map([...inFile, ...options.flatMap(([, found]) => [...found])]);
  return [...all.values()].filter(({ host }) => host !== '');
}

function isKey(name: string): boolean {
  return keys.some((key) => key === name);
}

function given(key: string, value: string, line: number): GivenAddress {
  return { key, value, host: hostOfEndpoint(value.replace(/^[a-z]+:\/\//, '')), line };
}

function optionsIn(text: string, line: number): Map<string, GivenAddress> {
  const found = new Map<string, GivenAddress>();
  const options = /(?:^|\s)(?:-e|--env)(?:\s+|=)?["']?([A-Z_]+)=["']?([^\s"']*)/g;
  for (const [, key = '', value = ''] of text.matchAll(options)) {
    if (isKey(key)) found.set(key, given(key, value, line));
  }
  return found;
}

function* assignments(content: string) {
  const lines = content.replace(/\r\n?/g, '\n').split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const line = at + 1;
    let text = lines[at] ?? '';
    // systemd joins no comment with the next line.
    while (text.endsWith('\\') && !/^\s*[#;]/.test(text) && at + 1 < lines.length) {
      at += 1;
      text = `${text.slice(0, -1)} ${lines[at] ?? ''}`;
    }
    const [, name, raw = ''] = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=(.*)$/.exec(text) ?? [];
    if (name !== undefined) yield { name, value: unquoted(raw.trim()), line };
  }
}

function unquoted(raw: string): string {
  const [, quote, inner] = /^(["'])(.*)\1$/.exec(raw) ?? [];
  const bare = quote === undefined ? raw : (inner ?? '');
  return bare.replace(/\\(["'\\$`])/g, '$1').trim();
}
