import type { Plugin } from 'vite';

/**
 * sonner puts a <style> element into the document when it is loaded, which `style-src 'self'` forbids, and every visit
 * would report a violation. The same styles are in its `dist/styles.css`, which the page imports as a file; so the
 * insertion is taken out of the module. A version that does it another way fails the build here.
 */
export function sonnerWithoutStyleElement(): Plugin {
  const insertion = /^__insertCSS\(".*"\);?$/m;
  return {
    name: 'sonner-without-style-element',
    enforce: 'pre',
    transform(code, id) {
      if (!/\/sonner\/dist\/index\.mjs/.test(id)) return null;
      if (!insertion.test(code)) this.error('sonner no longer calls __insertCSS("…") in a line of its own');
      return { code: code.replace(insertion, ''), map: null };
    },
  };
}
