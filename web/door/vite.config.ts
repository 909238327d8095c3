import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';
import { packedAssets } from '../packed-assets.ts';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Writes the service worker with the names of all that was built. */
const precache: Plugin = {
  name: 'precache',
  generateBundle: {
    order: 'post',
    handler(_options, bundle) {
      const built = Object.values(bundle);
      const hash = createHash('sha256').update(readFileSync(at('worker.js')));
      for (const file of built) hash.update(file.type === 'chunk' ? file.code : file.source);
      const own = readdirSync(at('public'));
      for (const name of own) hash.update(readFileSync(at(`public/${name}`)));
      const names = [
        '',
        ...own,
        ...built.map(({ fileName }) => fileName).filter((name) => name !== 'index.html'),
      ];
      const source = readFileSync(at('worker.js'), 'utf8')
        .replace('__MARK__', hash.digest('hex').slice(0, 12))
        .replace('__FILES__', JSON.stringify(names.map((name) => `/door/${name}`)));
      this.emitFile({ type: 'asset', fileName: 'worker.js', source });
    },
  },
};

export default defineConfig({
  root: at('.'),
  base: '/door/',
  plugins: [
    packedAssets('assets'),
    precache,
    svelte({
      configFile: false,
      compilerOptions: {
        runes: true,
        discloseVersion: false,
        cssHash: ({ hash, filename }) => `s${hash(filename).slice(0, 4)}`,
      },
    }),
  ],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    // The content security policy allows no inlined files.
    assetsInlineLimit: 0,
  },
});
