import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** Serves the repository's sample images under /samples/, so that there is only one copy. */
export function samples(folder: string): Plugin {
  const names = readdirSync(folder).filter((name) => /\.(jpg|png|webp)$/.test(name));
  return {
    name: 'samples',
    generateBundle() {
      for (const name of names) {
        this.emitFile({ type: 'asset', fileName: `samples/${name}`, source: readFileSync(join(folder, name)) });
      }
    },
    configureServer(server) {
      server.middlewares.use('/samples', (request, response, next) => {
        const name = request.url?.slice(1) ?? '';
        if (!names.includes(name)) return next();
        response.end(readFileSync(join(folder, name)));
      });
    },
  };
}
