/**
 * Makes a release of what is committed, and publishes nothing.
 *
 *   npm run release -- VERSION [--date YYYY-MM-DD] [--dry-run]
 *   node scripts/release.mjs --files-of-tag vVERSION
 *
 * Refuses, with all reasons at once, unless the tree is clean, the version is higher than every one
 * before, CHANGELOG.md says what is new and what an upgrade does to open runs, there are recordings
 * to freeze, and `npm run check` is green. Then sets version and date, freezes the recordings, packs,
 * writes an SBOM (CycloneDX) and checksums into release/, commits, and tags. The second form makes the
 * files of a release that is tagged, and nothing else.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param {string} command
 * @param {readonly string[]} args
 */
function run(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  return { isDone: status === 0, stdout, said: `${stdout}${stderr}` };
}

/**
 * The same, where there is no release without it.
 * @param {string} command
 * @param {readonly string[]} args
 */
function must(command, args) {
  const { isDone, stdout, said } = run(command, args);
  if (!isDone) throw new Error(`${command} ${args.join(' ')} failed: ${said.trim().slice(-2000)}`);
  return stdout;
}

/** @param {string} version */
const numbers = (version) => version.split('.').map(Number);

/**
 * Whether `one` comes after `other`; both are three numbers.
 * @param {string} one
 * @param {string} other
 */
function isHigher(one, other) {
  const [a, b] = [numbers(one), numbers(other)];
  const at = a.findIndex((number, index) => number !== b[index]);
  return at >= 0 && (a[at] ?? 0) > (b[at] ?? 0);
}

const plain = /^\d+\.\d+\.\d+$/;

/** Versions that were released: tags of git, and headings of the changelog. */
function released(/** @type {string} */ changelog) {
  const tags = run('git', ['tag', '--list', 'v*'])
    .stdout.split('\n')
    .map((tag) => tag.slice(1));
  const headings = [...changelog.matchAll(/^## (\d+\.\d+\.\d+)/gm)].map(
    ([, version = '']) => version,
  );
  return [...new Set([...tags, ...headings])].filter((version) => plain.test(version));
}

/** What stands under *Unreleased*. @param {string} changelog */
const unreleased = (changelog) =>
  /^## Unreleased\n([^]*?)(?=^## |(?![^]))/m.exec(changelog)?.[1]?.trim() ?? '';

/** Why there can be no release of this version; empty where there can.
 * @param {string} version
 * @param {string} changelog
 */
function obstacles(version, changelog) {
  const found = [];
  const before = released(changelog).filter((one) => !isHigher(version, one));
  if (before.length > 0) {
    found.push(`the version is not raised: ${before.join(', ')} came before ${version}`);
  }
  if (must('git', ['status', '--porcelain']).trim() !== '') {
    found.push('the working tree is not clean: commit or stash what `git status` shows');
  }
  const news = unreleased(changelog);
  if (news === '') found.push('CHANGELOG.md has nothing under *Unreleased*');
  else if (!/^### Upgrading\n+\S/m.test(news)) {
    found.push(
      'CHANGELOG.md does not say under *Unreleased*, *Upgrading* what becomes of open runs',
    );
  }
  const next = join('test', 'histories', 'next');
  const recordings = existsSync(next)
    ? readdirSync(next).filter((one) => one.endsWith('.json'))
    : [];
  if (recordings.length === 0) found.push('no recordings in test/histories/next: `npm run record`');
  if (existsSync(join('test', 'histories', version))) {
    found.push(`the recordings of ${version} are frozen already`);
  }
  return found;
}

/**
 * @param {string} path
 * @param {(text: string) => string} change
 */
function rewrite(path, change) {
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}

/** Packs, and says of what it is made. @param {string} version */
function pack(version) {
  const folder = 'release';
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  must('npm', ['pack', '--silent', '--pack-destination', folder]);
  const sbom = must('npm', ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev']);
  writeFileSync(join(folder, `circleci-server-runbook-${version}.cdx.json`), sbom);
  const sums = readdirSync(folder)
    .sort()
    .map((file) => {
      const sha256 = createHash('sha256')
        .update(readFileSync(join(folder, file)))
        .digest('hex');
      return `${sha256}  ${file}\n`;
    });
  writeFileSync(join(folder, 'SHA256SUMS'), sums.join(''));
}

/**
 * @param {string} version
 * @param {string} date
 */
function release(version, date) {
  const { version: now } = JSON.parse(readFileSync('package.json', 'utf8'));
  if (now !== version)
    must('npm', ['version', version, '--no-git-tag-version', '--allow-same-version']);
  rewrite('CHANGELOG.md', (text) =>
    text.replace('## Unreleased\n', `## Unreleased\n\n## ${version} (${date})\n`),
  );
  must(process.execPath, [join('scripts', 'freeze-histories.mjs')]);
  pack(version);
  must('git', ['add', '--all']);
  must('git', ['commit', '--quiet', '--message', `release: ${version}`]);
  must('git', ['tag', '--annotate', `v${version}`, '--message', `Release ${version}`]);
}

/** @param {string} tag */
function filesOf(tag) {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  if (tag !== `v${version}`)
    throw new Error(`package.json has ${version}, and ${tag} is no tag of it.`);
  pack(version);
  console.log(`The files of ${tag} are in release/.`);
}

/** @param {readonly string[]} args */
function main(args) {
  const tagged = args.indexOf('--files-of-tag');
  if (tagged >= 0) {
    filesOf(args[tagged + 1] ?? '');
    return;
  }
  const [version = ''] = args.filter((one) => plain.test(one));
  const isDry = args.includes('--dry-run');
  const at = args.indexOf('--date');
  const date = at < 0 ? new Date().toISOString().slice(0, 10) : (args[at + 1] ?? '');
  if (version === '' || !/^\d{4}-\d\d-\d\d$/.test(date)) {
    throw new Error('Usage: npm run release -- VERSION [--date YYYY-MM-DD] [--dry-run]');
  }
  const reasons = obstacles(version, readFileSync('CHANGELOG.md', 'utf8'));
  // The last and longest question, asked when it is the only one left.
  if (reasons.length === 0 && !run('npm', ['run', 'check']).isDone) {
    reasons.push('`npm run check` is red');
  }
  if (reasons.length > 0) {
    throw new Error(
      `There is no release of ${version}:\n${reasons.map((one) => `- ${one}`).join('\n')}`,
    );
  }
  if (isDry) {
    console.log(`${version} can be released.`);
    return;
  }
  release(version, date);
  console.log(
    `${version} is committed, tagged and packed in release/. Nothing was pushed or published.`,
  );
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
