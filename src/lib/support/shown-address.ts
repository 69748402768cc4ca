/**
 * Makes an address (or invalid text) safe to quote in a message: removes the part before an @, which may be a password,
 * and the part after a ? or #, which may be a key.
 */
export function shownAddress(text: string): string {
  return text
    .replace(/[?#].*$/s, '')
    .replace(/^.*(@|%40)/is, '…@')
    .trim()
}
