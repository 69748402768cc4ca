import { stripVTControlCharacters } from './node-util.ts'

/** Of the form ESC ] … BEL or ESC P … ESC \, and their like of one byte: titles, clipboards, links, device strings. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be found
const STRINGS = /(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c|$)/g
/** CSI of one byte, which terminals take as ESC [. */
const CSI = /\x9b/g
/** C0 but tab and line feed, DEL, C1, and what turns the direction of text round. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be found
const UNPRINTABLE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g
/** What is printable as it is. */
const PLAIN = /^[\x20-\x7e]*$/
/** Of these, what JSON lets through as it is. */
const UNESCAPED = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/**
 * Foreign text made safe for a terminal: without sequences that move, colour, rename or copy, and with U+FFFD
 * for every other invisible character, which could hide or reverse the text beside it.
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

/** JSON whose texts hold no character that a terminal acts on: those that JSON allows are escaped as it escapes the others. */
export function escapeUnprintable(json: string): string {
  return json.replace(UNESCAPED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
