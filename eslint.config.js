import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const dataPlane = [
  'protocols/smpp/**/*.ts',
  'switch/smpp/**/*.ts',
  'switch/message/**/*.ts',
  'routing/*.ts',
  'routing/strategy/**/*.ts',
  'rating/*.ts',
  'adapters/smpp/**/*.ts',
  'adapters/loopback/**/*.ts',
];

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/', 'data/', '*.config.js', '.dependency-cruiser.cjs', 'bin/'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      'no-console': 'error',
      eqeqeq: 'error',
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 15],
    },
  },
  {
    files: dataPlane,
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: ':function[async=true]', message: 'The data plane is synchronous; hand off to a queue.' },
        { selector: 'CallExpression[callee.object.name="JSON"]', message: 'No JSON on the data plane.' },
        { selector: 'CallExpression[callee.object.name="Date"]', message: 'Use the injected clock.' },
        { selector: 'NewExpression[callee.name="Date"]', message: 'Use the injected clock.' },
        {
          selector: 'CallExpression[callee.object.name="Math"][callee.property.name="random"]',
          message: 'Use the injected random.',
        },
      ],
    },
  },
  {
    // Wire tables and codecs: one flat branch per field reads better than many small hops.
    files: ['protocols/smpp/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      complexity: 'off',
      'no-console': 'off',
      '@typescript-eslint/no-floating-promises': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
);
