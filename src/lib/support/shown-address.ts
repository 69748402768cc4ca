/**
 * An address as a message may quote it, also where it is none: without what stands before an @, which may be a password,
 * and without what follows a ? or #, which may be a key.
 */
export function shownAddress(text: string): string {
  return text
    .replace(/[?#].*$/s, '')
    .replace(/^.*(@|%40)/is, '…@')
    .trim()
}
