import js from '@eslint/js';
import a11y from 'eslint-plugin-jsx-a11y';
import hooks from 'eslint-plugin-react-hooks';
import ts from 'typescript-eslint';

export default ts.config(
  { ignores: ['dist', 'src/api/schema.gen.ts'] },
  js.configs.recommended,
  ...ts.configs.strict,
  a11y.flatConfigs.strict,
  hooks.configs.flat.recommended,
  // A goal's name is nested two elements deep in its label.
  { rules: { 'jsx-a11y/label-has-associated-control': ['error', { assert: 'either', depth: 4 }] } },
  { files: ['build/*.mjs'], languageOptions: { globals: { console: false, process: false, URL: false } } },
);
