import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { failureTypes } from '../src/contract/failures';

const root = join(__dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Every file of the project, committed or about to be, as git sees it. */
const files = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '-z'],
  {
    cwd: root,
    encoding: 'utf8',
  },
)
  .split('\0')
  .filter((path) => path !== '' && existsSync(join(root, path)));
const source = files.filter((path) => path.startsWith('src/'));
const pages = files.filter((path) => path.endsWith('.md'));

/** Paths of those files that match, each with the matching text. */
function mentions(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap((path) => [...read(path).matchAll(pattern)].map((m) => `${path}: ${m[0]}`));
}

/** `# A heading, with code` → `a-heading-with-code`, as it stands in a link to it. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}

function headings(page: string): string[] {
  return [...read(page).matchAll(/^#{1,6} +(.+)$/gm)].map(([, text = '']) => text);
}

describe('the source', () => {
  it('has no file of more than 300 lines', () => {
    const long = source.filter((path) => read(path).trimEnd().split('\n').length > 300);
    expect(long).toEqual([]);
  });

  it('names its files in kebab-case', () => {
    const code = files.filter((path) => /^(src|test|scripts)\/.*\.(ts|mjs)$/.test(path));
    const misnamed = code.filter(
      (path) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d)?\.(ts|mjs)$/.test(basename(path)),
    );
    expect(misnamed).toEqual([]);
  });

  it('names no file after nothing in particular', () => {
    const vague = /(^|[/-])(utils?|helpers?|common|misc|types|manager|impl)(\.ts$|\/)/;
    expect(source.filter((path) => vague.test(path))).toEqual([]);
  });

  it('says at the top of each workflow, activity and world file what it is', () => {
    const explained = /^src\/(workflows|activities|world)\/[^/]+\.ts$/;
    const silent = source.filter((path) => explained.test(path) && !read(path).startsWith('/**'));
    expect(silent).toEqual([]);
  });

  it('decorates nothing with banners', () => {
    const code = files.filter((path) => /\.(ts|mjs|js)$/.test(path));
    expect(mentions(code, /^\s*(\/\/|\*|\/\*+)\s*[-=*#─═]{5,}.*$/gm)).toEqual([]);
  });
});

describe('the project', () => {
  it('mentions no folder of one person’s machine', () => {
    const text = files.filter((path) => !/\.(png|tgz)$|^package-lock\.json$/.test(path));
    expect(mentions(text, /\/(?:Users|home|work|workspaces)\/[a-z][\w.-]*\/[\w.-]+/g)).toEqual([]);
  });

  it('mentions no page that it does not have', () => {
    const text = files.filter((path) => /\.(ts|mjs|js|md|yaml|json)$/.test(path));
    const named = text
      .filter((path) => !path.startsWith('test/') && path !== 'package-lock.json')
      .flatMap((path) =>
        [...read(path).matchAll(/(?<![\w./:-])(?:\.{0,2}\/)?(?:[\w-]+\/)+[\w-]+\.md\b/g)].map(
          ([page]) => ({ path, page }),
        ),
      );
    const isHere = (path: string): boolean =>
      !normalize(path).startsWith('..') && existsSync(join(root, path));
    const lost = named.filter(
      ({ path, page }) => !isHere(page) && !isHere(join(dirname(path), page)),
    );
    expect(lost).toEqual([]);
  });

  it('has what its pages link to, headings included', () => {
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:|mailto:)([^)\s#]*)(?:#([^)\s]+))?\)/g)]
        .map(([, path = '', heading]) => ({
          target: path === '' ? page : normalize(join(dirname(page), path)),
          heading,
        }))
        .filter(
          ({ target, heading }) =>
            target.startsWith('..') ||
            !existsSync(join(root, target)) ||
            (heading !== undefined && !headings(target).map(anchor).includes(heading)),
        )
        .map(({ target, heading }) => `${page} → ${target}${heading ? `#${heading}` : ''}`),
    );
    expect(broken).toEqual([]);
  });
});

const failurePage = 'docs/operate/failures.md';
(existsSync(join(root, failurePage)) ? describe : describe.skip)('the page of failures', () => {
  it('has a section for each type, and for no other', () => {
    const sections = [...read(failurePage).matchAll(/^#{2,3} +`?([A-Z]\w*)`?$/gm)].map(
      ([, type]) => type,
    );
    expect(sections.sort()).toEqual(Object.keys(failureTypes).sort());
  });

  it('says of each the message, the reason and what to do', () => {
    const [, ...sections] = read(failurePage).split(/^(?=#{2,3} +`?[A-Z]\w*`?$)/m);
    const incomplete = sections.filter(
      (section) => !['Message', 'Why', 'What to do'].every((part) => section.includes(part)),
    );
    expect(incomplete.map((section) => section.split('\n')[0])).toEqual([]);
  });
});
