/**
 * Tokens that say themselves whose they are, by how they begin. The table follows what the known
 * scanners look for (gitleaks, trufflehog, GitHub's own). Pure.
 */

/** Of what a token goes on: letters and digits, with these besides. */
type Alphabet = 'plain' | '_' | '-' | '.' | '=';

/** How a token begins, of what it goes on, and for how many characters at least. */
type Token = readonly [prefix: string, alphabet: Alphabet, least: number];

const alphabets: Readonly<Record<Alphabet, RegExp>> = {
  plain: /[A-Za-z0-9]/,
  _: /\w/,
  '-': /[\w-]/,
  '.': /[\w.-]/,
  '=': /[\w+/=.-]/,
};

const table: readonly Token[] = [
  // GitHub, GitLab, Bitbucket, CircleCI
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_'].map((one): Token => [one, '_', 20]),
  ...['glpat-', 'glptt-', 'gldt-', 'glrt-', 'glcbt-', 'glft-', 'glimt-', 'gloas-', 'glsoat-'].map(
    (one): Token => [one, '.', 16],
  ),
  ['glagent-', '.', 16],
  ['glffct-', '.', 16],
  ['GR1348941', '-', 16],
  ['ATATT3', '=', 50],
  ['ATCTT3', '=', 50],
  ['ATBB', 'plain', 28],
  ['CCIPAT_', '_', 16],
  ['CCIPRJ_', '_', 16],
  // Chats and mail
  ...['xoxb-', 'xoxp-', 'xoxa-', 'xoxr-', 'xoxs-', 'xoxe-', 'xoxo-', 'xoxc-', 'xoxd-', 'xapp-'].map(
    (one): Token => [one, '-', 8],
  ),
  ['xoxe.', '.', 8],
  ['xwfp-', '-', 8],
  ['xkeysib-', '-', 40],
  // Registries of packages
  ['npm_', 'plain', 30],
  ['pypi-', '-', 16],
  ['rubygems_', 'plain', 30],
  ['oy2', 'plain', 43],
  ['dckr_pat_', '-', 20],
  ['dckr_oat_', '-', 20],
  ['AKCp', 'plain', 60],
  ['cmVmd', 'plain', 55],
  // Clouds, and what keeps secrets
  ['LTAI', 'plain', 16],
  ['AIza', '-', 35],
  ['GOCSPX-', '-', 20],
  ['ya29.', '.', 20],
  ...['hvs.', 'hvb.', 'hvr.'].map((one): Token => [one, '-', 20]),
  ...['dop_v1_', 'doo_v1_', 'dor_v1_'].map((one): Token => [one, 'plain', 20]),
  ...['dp.pt.', 'dp.st.', 'dp.ct.', 'dp.sa.', 'dp.scim.', 'dp.audit.'].map((one): Token => [
    one,
    '.',
    20,
  ]),
  ['ops_eyJ', '=', 40],
  ['HRKU-', '-', 30],
  ['pul-', 'plain', 40],
  ['dapi', 'plain', 32],
  ['sha256~', '-', 40],
  ['pscale_tkn_', '.', 30],
  ['pscale_pw_', '.', 30],
  ['tk-us-', '-', 40],
  ['v1.0-', '-', 100],
  // Payments
  ...['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_', 'sk_prod_', 'rk_prod_'].map((one): Token => [
    one,
    'plain',
    10,
  ]),
  ['whsec_', '=', 20],
  ...['sq0atp-', 'sq0csp-', 'sq0idp-', 'EAAA'].map((one): Token => [one, '-', 22]),
  ...['shpat_', 'shpca_', 'shppa_', 'shpss_'].map((one): Token => [one, 'plain', 30]),
  // What watches, and what keeps notes
  ['glc_', '=', 32],
  ['glsa_', '_', 32],
  ['sntrys_', '=', 40],
  ['sntryu_', 'plain', 40],
  ['dt0c01.', '.', 40],
  ...['NRAK-', 'NRJS-', 'NRII-', 'NRRA-'].map((one): Token => [one, '-', 16]),
  ['lin_api_', 'plain', 30],
  ['PMAK-', '-', 40],
  ['ntn_', 'plain', 40],
  ['tfp_', '.', 40],
  ['rdme_', 'plain', 40],
  // Models
  ['hf_', 'plain', 30],
  ...['sk-proj-', 'sk-svcacct-', 'sk-ant-', 'sk-or-'].map((one): Token => [one, '-', 30]),
  ['sk-', 'plain', 40],
  ['gsk_', 'plain', 40],
  ['xai-', 'plain', 40],
  ['pplx-', 'plain', 40],
];

/** The longest prefix first, by their first two characters. */
const byBeginning = new Map<string, readonly Token[]>();
for (const token of [...table].sort((one, other) => other[0].length - one[0].length)) {
  const [prefix] = token;
  const key = prefix.slice(0, 2);
  byBeginning.set(key, [...(byBeginning.get(key) ?? []), token]);
}

/** Replaces every token of the table. At each place only so much is read as a token is long. */
export function redactTokens(text: string): string {
  let clean = '';
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (at > 0 && alphabets.plain.test(text.charAt(at - 1))) continue;
    const end = endOfToken(text, at);
    if (end === at) continue;
    clean += `${text.slice(from, at)}[secret]`;
    from = end;
    at = end - 1;
  }
  return clean + text.slice(from);
}

/** Where the token ends that begins there; the same place where none begins. */
function endOfToken(text: string, at: number): number {
  for (const [prefix, alphabet, least] of byBeginning.get(text.slice(at, at + 2)) ?? []) {
    if (!text.startsWith(prefix, at)) continue;
    const begin = at + prefix.length;
    let end = begin;
    while (end < text.length && alphabets[alphabet].test(text.charAt(end))) end += 1;
    // What is too short is read again, but never more of it than a token needs.
    if (end - begin >= least) return end;
  }
  return at;
}
