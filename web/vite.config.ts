import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { samples } from './build/samples.ts';
import { sonnerWithoutStyleElement } from './build/sonner-without-style-element.ts';

/** The running installation whose API and images `npm run dev` uses. */
const installation = process.env.INSTALLATION ?? 'http://127.0.0.1:8080';
const proxiedPaths = ['/api', '/r2-ai', '/image-enhancer-images', '/_local', '/config.json'];

export default defineConfig({
  plugins: [react(), sonnerWithoutStyleElement(), samples(fileURLToPath(new URL('../samples', import.meta.url)))],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // the content security policy allows no data: URLs
    modulePreload: { polyfill: false },
  },
  // The API accepts unsafe methods only from its own origin.
  server: {
    proxy: Object.fromEntries(
      proxiedPaths.map((path) => [path, { target: installation, changeOrigin: true, headers: { origin: installation } }]),
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
          isolate: false, // one DOM for all files takes a fifth of the time; setup.ts cleans up after each test
          setupFiles: ['src/testing/setup.ts'],
        },
      },
    ],
  },
});
