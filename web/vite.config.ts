import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { samples } from './build/samples.ts';
import { sonnerWithoutStyleElement } from './build/sonner-without-style-element.ts';

/** The running installation that `npm run dev` works with: its API and its pictures. */
const installation = process.env.INSTALLATION ?? 'http://127.0.0.1:8080';
const theirs = ['/api', '/r2-ai', '/image-enhancer-pictures', '/_local', '/config.json'];

export default defineConfig({
  plugins: [react(), sonnerWithoutStyleElement(), samples(fileURLToPath(new URL('../samples', import.meta.url)))],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // the page's policy allows no data: addresses
    modulePreload: { polyfill: false },
  },
  // The API takes unsafe requests from its own address only.
  server: {
    proxy: Object.fromEntries(
      theirs.map((path) => [path, { target: installation, changeOrigin: true, headers: { origin: installation } }]),
    ),
  },
  test: {
    env: { TZ: 'UTC' },
    projects: [
      { extends: true, test: { name: 'logic', include: ['src/**/*.test.ts'], environment: 'node' } },
      {
        extends: true,
        test: {
          name: 'page',
          include: ['src/**/*.test.tsx'],
          environment: 'happy-dom',
          isolate: false, // one DOM for all files, as setup.ts tidies after each test: a fifth of the time
          setupFiles: ['src/testing/setup.ts'],
        },
      },
    ],
  },
});
