import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { packedAssets } from '../packed-assets.ts';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/console/',
  plugins: [
    packedAssets('assets'),
    svelte({ configFile: false, compilerOptions: { runes: true, discloseVersion: false } }),
  ],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    // The content security policy allows no inlined fonts or scripts; files are files.
    assetsInlineLimit: 0,
  },
});
