'use strict';

module.exports = [
  {
    files: ['**/*.js'],
    languageOptions: { ecmaVersion: 2023, sourceType: 'commonjs' },
    rules: { 'no-unused-vars': 'error' },
  },
];
