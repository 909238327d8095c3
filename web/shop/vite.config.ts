import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { build, defineConfig, type Plugin, type UserConfig } from 'vite';
import { packedAssets } from '../packed-assets.ts';

/**
 * Vite wraps every dynamic import in a helper that preloads style sheets and other chunks. The
 * languages have neither, and the helper is 0.6 kB compressed of a script that may be 40 kB.
 */
const plainImports: Plugin = {
  name: 'plain-imports',
  enforce: 'post',
  transform: {
    filter: { id: /vite\/preload-helper/ },
    handler: () => ({ code: 'export const __vitePreload = (load) => load();', map: null }),
  },
};

/** One of the two applications: each is one chunk of its own, since what they share costs 2.5 kB compressed when it is cut out. */
const application = (page: string, assetsDir: string): UserConfig => ({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  plugins: [
    plainImports,
    packedAssets(assetsDir),
    svelte({
      configFile: false,
      compilerOptions: {
        runes: true,
        discloseVersion: false,
        // The name of a component's scope stands at every element it styles: 0.5 kB compressed.
        cssHash: ({ hash, filename }) => `s${hash(filename).slice(0, 4)}`,
      },
    }),
  ],
  build: {
    outDir: 'dist',
    assetsDir,
    emptyOutDir: page === 'index.html',
    target: 'es2022',
    // Beside the one chunk there are only the languages, so there is nothing to preload.
    modulePreload: false,
    // The content security policy allows no inlined fonts or scripts; files are files.
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: fileURLToPath(new URL(page, import.meta.url)),
      optimization: { inlineConst: { mode: 'all', pass: 3 } },
    },
  },
});

/** Builds the pages of tickets after the shop, into the same folder. */
const ticketPages: Plugin = {
  name: 'ticket-pages',
  async closeBundle() {
    await build({ ...application('tickets.html', 'tickets-assets'), configFile: false, publicDir: false });
  },
};

const shop = application('index.html', 'assets');

export default defineConfig({ ...shop, plugins: [shop.plugins, ticketPages] });
