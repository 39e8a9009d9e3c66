// Bundles the page: hashed files, nothing inline, compressed copies.
import { defineConfig } from 'vite';
import { compressedCopies } from './vite/compressed-copies.js';
import { withoutEmbeddedFonts } from './vite/without-embedded-fonts.js';

export default defineConfig({
  // Relative URLs, so that the page works under any path.
  base: './',
  plugins: [withoutEmbeddedFonts(), compressedCopies()],
  build: {
    target: 'es2022',
    // The Content-Security-Policy blocks inline scripts, data: fonts and data: scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 8000,
    reportCompressedSize: false,
    // The licences of bundled packages have to be distributed with them.
    license: { fileName: 'licenses.md' },
  },
  worker: { format: 'es' },
});
