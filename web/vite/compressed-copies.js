// A Vite plugin that writes a .gz copy beside every built file that compresses well.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const TEXT = /\.(js|css|svg|ttf)$/;
const WORTH_IT = 1024;

/**
 * The server hands these out as they are, so that it never spends time on compressing megabytes. No brotli copies:
 * they would take 1.5 MB more in the package to save 0.3 MB once per browser, and plain-HTTP hosts never get asked for them.
 */
export function compressedCopies() {
  return {
    name: 'compressed-copies',
    // Not earlier: Vite still changes the scripts while it generates the bundle.
    writeBundle({ dir }, bundle) {
      for (const name of Object.keys(bundle).filter((file) => TEXT.test(file))) {
        const content = readFileSync(join(dir, name));
        if (content.length >= WORTH_IT) writeFileSync(join(dir, `${name}.gz`), gzipSync(content, { level: 9 }));
      }
    },
  };
}
