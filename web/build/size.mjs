/** Prints the gzipped size of the scripts of a guest's visit; fails above the budget. The sign-in library loads later. */
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BUDGET = 150_000;
const folder = new URL('../dist/assets/', import.meta.url);
const sizes = readdirSync(folder)
  .filter((name) => /\.(js|css)$/.test(name))
  .map((name) => ({ name, gzip: gzipSync(readFileSync(new URL(name, folder)), { level: 6 }).length }));
for (const { name, gzip } of sizes) console.log(`${gzip.toLocaleString('en').padStart(9)}  ${name}`);

const guest = sizes.filter(({ name }) => name.endsWith('.js') && !name.startsWith('oidc'));
const total = guest.reduce((sum, { gzip }) => sum + gzip, 0);
console.log(`${total.toLocaleString('en').padStart(9)}  script of a guest's visit, at most ${BUDGET.toLocaleString('en')}`);
if (total > BUDGET) process.exit(1);
