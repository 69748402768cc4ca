import { stripVTControlCharacters } from './node-util.ts'

/** Sequences ESC ] … BEL and ESC P … ESC \, also with single-byte starts: titles, clipboards, links, device strings. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be found
const STRINGS = /(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c|$)/g
/** CSI of one byte, which terminals take as ESC [. */
const CSI = /\x9b/g
/** C0 but tab and line feed, DEL, C1, and what turns the direction of text round. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be found
const UNPRINTABLE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g
/** Text that needs no change. */
const PLAIN = /^[\x20-\x7e]*$/
/** Those of these characters that JSON does not escape. */
const UNESCAPED = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/**
 * Makes foreign text safe for a terminal: removes sequences that move the cursor, colour, rename or copy, and replaces
 * every other invisible character, which could hide or reverse the text beside it, by U+FFFD.
 */
export function printable(text: string): string {
  if (PLAIN.test(text)) return text
  const unlined = text.replaceAll('\r\n', '\n').replace(STRINGS, '').replace(CSI, '\x1b[')
  return stripVTControlCharacters(unlined).replace(UNPRINTABLE, '\ufffd')
}

/** The same as one line. */
export function printableLine(text: string): string {
  return PLAIN.test(text) ? text : printable(text).replaceAll(/[\n\t]/g, ' ')
}

/** Escapes the characters in JSON that a terminal acts on but JSON allows unescaped. */
export function escapeUnprintable(json: string): string {
  return json.replace(UNESCAPED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
