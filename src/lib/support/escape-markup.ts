/** Escapes a text for use between tags or in a double-quoted attribute, in HTML, SVG and XML. */
export function escapeMarkup(text: string): string {
  return replaceUnfit(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** Replaces every character that XML 1.0 forbids, such as most control characters and lone surrogates, by U+FFFD. */
export function replaceUnfit(text: string): string {
  return text.replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\ufffd')
}
