// A Vite plugin that writes a .gz copy of each text file.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const TEXT = /\.(js|css|svg|ttf)$/;
const WORTH_IT = 1024;

/**
 * The server sends these copies instead of compressing megabytes. Brotli copies would add 1.5 MB to the package to save
 * 0.3 MB once per browser, and browsers do not accept brotli over plain HTTP.
 */
export function compressedCopies() {
  return {
    name: 'compressed-copies',
    // writeBundle, as Vite changes the scripts until then.
    writeBundle({ dir }, bundle) {
      for (const name of Object.keys(bundle).filter((file) => TEXT.test(file))) {
        const content = readFileSync(join(dir, name));
        if (content.length >= WORTH_IT) writeFileSync(join(dir, `${name}.gz`), gzipSync(content, { level: 9 }));
      }
    },
  };
}
