/** A text as it stands between tags or within the double quotes of an attribute, in HTML, SVG and XML. */
export function escapeMarkup(text: string): string {
  return replaceUnfit(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** A text with U+FFFD for every character that XML 1.0 forbids, as it does most control characters and half surrogates. */
export function replaceUnfit(text: string): string {
  return text.replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\ufffd')
}
