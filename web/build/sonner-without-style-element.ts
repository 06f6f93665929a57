import type { Plugin } from 'vite';

/**
 * Removes sonner's call that inserts a <style> element, which `style-src 'self'` forbids: every visit would report a
 * violation. The page imports the same styles from sonner's `dist/styles.css`. The build fails if a new version of sonner
 * inserts them differently.
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
