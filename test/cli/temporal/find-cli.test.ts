import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findTemporalCli } from '../../../src/cli/temporal/find-cli';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'find-cli-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function executable(path: string, script = 'exit 0'): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

const cachedName = 'cache/circleci-server-runbook/temporal-v1.8.2';
const builtName = 'cache/circleci-server-runbook/temporal-v1.5.1';

function search(more: { download?: () => Promise<string | undefined>; env?: object } = {}) {
  const said: string[] = [];
  const found = findTemporalCli({
    environment: {
      PATH: join(folder, 'bin'),
      XDG_CACHE_HOME: join(folder, 'cache'),
      ...more.env,
    },
    say: (text) => said.push(text),
    download: more.download ?? (() => Promise.resolve('no network')),
  });
  return { found, said };
}

// A build is seconds of `sh` here, with a stand-in for `go` that obeys GOBIN.
const builds =
  '/bin/sleep 0.3; printf "#!/bin/sh\\n" >"$GOBIN/temporal"; /bin/chmod 755 "$GOBIN/temporal"';

describe('the Temporal CLI is', () => {
  it('the one that TEMPORAL_CLI names, before any other', async () => {
    const mine = executable('mine/temporal-dev');
    executable('bin/temporal');
    executable(cachedName);
    await expect(search({ env: { TEMPORAL_CLI: mine } }).found).resolves.toBe(mine);
  });

  it('refused when TEMPORAL_CLI names nothing, instead of silently another one', async () => {
    executable('bin/temporal');
    const { found } = search({ env: { TEMPORAL_CLI: join(folder, 'gone') } });
    await expect(found).rejects.toThrow(/TEMPORAL_CLI names .*gone/);
  });

  it('the one on PATH, before the cache', async () => {
    const onPath = executable('bin/temporal');
    executable(cachedName);
    await expect(search().found).resolves.toBe(onPath);
  });

  it('the one in the cache, before any download', async () => {
    const cached = executable(cachedName);
    const download = jest.fn(() => Promise.resolve(undefined));
    await expect(search({ download }).found).resolves.toBe(cached);
    expect(download).not.toHaveBeenCalled();
  });

  it('the one that was built before, without asking for a download again', async () => {
    const built = executable(builtName);
    const download = jest.fn(() => Promise.resolve(undefined));
    await expect(search({ download }).found).resolves.toBe(built);
    expect(download).not.toHaveBeenCalled();
  });

  it('downloaded into the cache, before any build', async () => {
    executable('bin/go', 'exit 1');
    const download = () => {
      executable(cachedName);
      return Promise.resolve(undefined);
    };
    await expect(search({ download }).found).resolves.toBe(join(folder, cachedName));
  });

  it('built with Go where the download fails, and says that it takes a while', async () => {
    executable('bin/go', builds);
    const { found, said } = search();
    await expect(found).resolves.toBe(join(folder, builtName));
    expect(said.join('\n')).toMatch(/v1.5.1 with Go takes about 2.5 minutes once/);
    expect(readdirSync(join(folder, dirname(builtName)))).toEqual(['temporal-v1.5.1']);
  });

  it('built once when two clones need it at the same time', async () => {
    executable('bin/go', `echo built >>"${folder}/builds"; ${builds}`);
    const [one, two] = [search(), search()];
    await Promise.all([one.found, two.found]);
    expect([...one.said, ...two.said].join('\n')).toMatch(/waiting for it/);
    expect(readFileSync(join(folder, 'builds'), 'utf8')).toBe('built\n');
  });

  it('built although a process that died left its lock behind', async () => {
    executable('bin/go', builds);
    const lock = join(folder, dirname(builtName), 'temporal.lock');
    mkdirSync(dirname(lock), { recursive: true });
    writeFileSync(lock, '999999999');
    await expect(search().found).resolves.toBe(join(folder, builtName));
    expect(existsSync(lock)).toBe(false);
  });

  it('asked of the person, in one message, when nothing works', async () => {
    const { found } = search();
    await expect(found).rejects.toMatchObject({ name: 'Failed' });
    await expect(found).rejects.toThrow(
      /download: no network\n.*build: there is no `go` on PATH[\s\S]+1\. set TEMPORAL_CLI[\s\S]+2\.[\s\S]+3\./,
    );
  });

  it('asked of the person, with the reason of Go, when the build fails', async () => {
    executable('bin/go', 'echo "dial tcp: no route" >&2; exit 1');
    await expect(search().found).rejects.toThrow(/build: go install: dial tcp: no route/);
  });
});
