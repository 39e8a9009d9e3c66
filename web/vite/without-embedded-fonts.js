// A Vite plugin that drops the fonts GraphiQL embeds in its style sheet as data: addresses.

const EMBEDDED_FONT = /@font-face\s*\{[^}]*url\(["']?data:[^}]*\}/g;

/** They are two thirds of the style sheet, and `font-src 'self'` would refuse them; system fonts take their place. */
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
