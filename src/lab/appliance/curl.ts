/** `curl` to the machine's own ports; there is no other network. */
import type { Machine } from '../machine/machine';
import { answerOf } from '../machine/ports';
import type { ApplianceCommand, CommandOutput } from '../shapes';
import { failed, modelOf } from './model';

const valued =
  /^(-o|--output|-m|--max-time|-w|--write-out|-X|--request|-H|--header|--connect-timeout)$/;

interface Request {
  readonly url: string;
  readonly flags: ReadonlySet<string>;
  readonly options: ReadonlyMap<string, string>;
}

/** `curl [-s] [-k] [-f] [-I] [-o FILE] [-m N] [-w FORMAT] URL`. */
export const curl: ApplianceCommand = (machine, { args }) => {
  const request = parse(args);
  if (request.url === '') {
    return failed("curl: try 'curl --help' or 'curl --manual' for more information\n", 2);
  }
  return answer(modelOf(machine), request);
};

function parse(args: readonly string[]): Request {
  const flags = new Set<string>();
  const options = new Map<string, string>();
  let url = '';
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (valued.test(word)) {
      options.set(word, rest.shift() ?? '');
    } else if (/^-[a-zA-Z]+$/.test(word)) {
      word.match(/[a-zA-Z]/g)?.forEach((flag) => flags.add(`-${flag}`));
    } else if (word.startsWith('--')) {
      flags.add(word);
    } else {
      url = word;
    }
  }
  return { url, flags, options };
}

function answer(model: Machine, request: Request): CommandOutput {
  const withScheme = request.url.includes('://') ? request.url : `http://${request.url}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  const port = url === undefined ? 0 : portOf(url);
  const isOwn = ['localhost', '127.0.0.1', '0.0.0.0', model.privateAddress].includes(
    url?.hostname ?? '',
  );
  const status = url !== undefined && isOwn ? answerOf(model, port, url.pathname) : undefined;
  if (url === undefined || status === undefined) {
    const where = `${url?.hostname ?? request.url} port ${String(port)}`;
    return unanswered(request, 7, `Failed to connect to ${where}: Connection refused`);
  }
  const isTls = url.protocol === 'https:';
  if (isTls !== (port === 8800)) {
    return isTls
      ? unanswered(request, 35, 'error:1408F10B:SSL routines:ssl3_get_record:wrong version number')
      : replied(request, 400);
  }
  if (isTls && !request.flags.has('-k') && !request.flags.has('--insecure')) {
    return unanswered(request, 60, 'SSL certificate problem: self signed certificate');
  }
  return replied(request, status);
}

function portOf(url: URL): number {
  const usual = url.protocol === 'https:' ? 443 : 80;
  return url.port === '' ? usual : Number(url.port);
}

function unanswered(request: Request, exitCode: number, why: string): CommandOutput {
  const isSilent = request.flags.has('-s') && !request.flags.has('-S');
  return {
    stdout: written(request, 0),
    stderr: isSilent ? '' : `curl: (${String(exitCode)}) ${why}\n`,
    exitCode,
  };
}

function replied(request: Request, status: number): CommandOutput {
  const isDiscarded = (request.options.get('-o') ?? request.options.get('--output')) !== undefined;
  const body = request.flags.has('-I')
    ? `HTTP/1.1 ${String(status)} \r\n\r\n`
    : `{"status":${String(status)}}`;
  const isRefused = request.flags.has('-f') && status >= 400;
  return {
    stdout: `${isDiscarded || isRefused ? '' : body}${written(request, status)}`,
    stderr: isRefused ? `curl: (22) The requested URL returned error: ${String(status)}\n` : '',
    exitCode: isRefused ? 22 : 0,
  };
}

function written(request: Request, status: number): string {
  const format = request.options.get('-w') ?? request.options.get('--write-out') ?? '';
  return format
    .replaceAll('%{http_code}', String(status).padStart(3, '0'))
    .replaceAll('\\n', '\n')
    .replaceAll('\\t', '\t');
}
