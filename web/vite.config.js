// How the page is bundled: hashed files beside index.html, nothing inline, compressed copies of what compresses well.
import { defineConfig } from 'vite';
import { compressedCopies } from './vite/compressed-copies.js';
import { withoutEmbeddedFonts } from './vite/without-embedded-fonts.js';

export default defineConfig({
  // Relative addresses: the server may mount the page anywhere, also behind a proxy's path prefix.
  base: './',
  plugins: [withoutEmbeddedFonts(), compressedCopies()],
  build: {
    target: 'es2022',
    // The Content-Security-Policy of the page refuses inline scripts, data: fonts and data: scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 8000,
    reportCompressedSize: false,
    // The page carries other people's code; their licences ask to travel with it.
    license: { fileName: 'licenses.md' },
  },
  worker: { format: 'es' },
});
