// A Vite plugin that removes the fonts that GraphiQL embeds as data: URLs.

const EMBEDDED_FONT = /@font-face\s*\{[^}]*url\(["']?data:[^}]*\}/g;

/** They are two thirds of the style sheet, and `font-src 'self'` blocks them; system fonts are used instead. */
export function withoutEmbeddedFonts() {
  return {
    name: 'without-embedded-fonts',
    enforce: 'pre',
    transform(code, id) {
      if (!id.split('?')[0].endsWith('.css')) return null;
      return { code: code.replace(EMBEDDED_FONT, ''), map: null };
    },
  };
}
