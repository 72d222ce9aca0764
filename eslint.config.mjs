import { defineConfig, globalIgnores } from 'eslint/config';
import { builtinModules } from 'node:module';
import redos from 'eslint-plugin-redos';
import tseslint from 'typescript-eslint';

const typed = ['**/*.ts', 'scripts/**/*.mjs'];

// `no-restricted-syntax` of a later block replaces that of an earlier one: each block names all.
const everywhere = [
  { selector: 'ExportDefaultDeclaration', message: 'Export by name: one name for one thing.' },
  { selector: 'TSEnumDeclaration', message: 'Use a union of strings: it is what JSON holds.' },
];
const inWorkflows = [
  {
    selector: 'ThrowStatement > NewExpression[callee.name=/Error$/]',
    message:
      'A plain error fails the workflow task, which Temporal retries for ever while the run ' +
      'looks open. Throw what refuse() of contract/failures makes.',
  },
];
const inWorld = ['ArrowFunctionExpression', 'FunctionExpression'].map((kind) => ({
  selector: `Property[key.name='hostVerifier'] > ${kind}[async=true]`,
  message:
    'ssh2 takes the promise of an async hostVerifier for "yes" and trusts every host key. ' +
    'Answer through the callback.',
}));

export default defineConfig(
  globalIgnores(['lib/', 'coverage/', 'reports/', '.runbook/', 'test/histories/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: typed,
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      'max-lines': ['error', 300],
      'max-lines-per-function': ['error', { max: 60 }],
      'no-restricted-syntax': ['error', ...everywhere],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'], location: 'start' }],
      eqeqeq: 'error',
      'no-implicit-coercion': 'error',
      'object-shorthand': 'error',
      '@typescript-eslint/max-params': ['error', { max: 3 }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      // A number in a message reads as a number; nothing is gained by String(n).
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/cli/**', 'src/lab/main.ts', 'src/worker.ts', 'src/worker/**'],
    rules: { 'no-console': 'error' },
  },
  {
    // What a machine or a stranger says is matched in a time that grows with its length and no faster.
    // The lab hears nobody but tests.
    files: ['src/**/*.ts'],
    ignores: ['src/lab/**'],
    plugins: { redos },
    rules: {
      'redos/no-vulnerable': ['error', { timeout: 30_000, cache: { strategy: 'aggressive' } }],
    },
  },
  {
    files: ['src/workflows/**/*.ts', 'src/contract/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...everywhere, ...inWorkflows],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: builtinModules.map((name) => ({
            name,
            message: 'Workflow code is replayed: nothing of Node exists in its sandbox.',
          })),
          patterns: [
            {
              group: ['node:*'],
              message: 'Workflow code is replayed: nothing of Node exists in its sandbox.',
            },
            {
              group: ['**/activities', '**/activities/**'],
              allowTypeImports: true,
              message: 'Import types only; activities are called through step().',
            },
            {
              group: ['**/world', '**/world/**', '**/lab/**', '**/cli/**', '**/worker'],
              message: 'Workflow code reaches the outside through activities alone.',
            },
            {
              group: [
                '@temporalio/activity',
                '@temporalio/client',
                '@temporalio/envconfig',
                '@temporalio/testing',
                '@temporalio/worker',
                '@aws-sdk/*',
                'ssh2',
                'yaml',
              ],
              message: 'This package does not run in the workflow sandbox.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['src/world/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...everywhere, ...inWorld] },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // A describe() is one function; a story is as long as it is.
      'max-lines-per-function': 'off',
      'max-lines': ['error', 500],
      // The columns of a table arrive as parameters.
      '@typescript-eslint/max-params': 'off',
      // expect.any(), JSON.parse() of a reply and inline fakes: the assertion is the check.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-empty-function': 'off',
    },
  },
  {
    files: ['test/stories/setup.ts', 'test/stories/teardown.ts'],
    // Jest loads a global setup by its default export.
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['scripts/**/*.mjs'],
    // Plain JavaScript with JSDoc: what JSON.parse() gives has no type to check.
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['*.js', '*.mjs', '.*.js'],
    extends: [tseslint.configs.base],
  },
);
