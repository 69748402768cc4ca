/** Letters that Unicode does not decompose into a plain letter and a mark, with their plain spelling. */
const PLAIN: Readonly<Record<string, string>> = {
  ...{ æ: 'ae', œ: 'oe', ø: 'o', ß: 'ss', þ: 'th', ð: 'd', đ: 'd', ɖ: 'd', ħ: 'h', ł: 'l', ŋ: 'n', ŧ: 't' },
  ...{
    ı: 'i',
    ə: 'a',
    ɓ: 'b',
    ɗ: 'd',
    ƙ: 'k',
    ƴ: 'y',
    ǥ: 'g',
    ɨ: 'i',
    ʉ: 'u',
    ƶ: 'z',
    ƀ: 'b',
    ɛ: 'e',
    ɔ: 'o',
  },
}
const UNDIVIDED = new RegExp(`[${Object.keys(PLAIN).join('')}]`, 'g')

/**
 * A name as names are compared: without letter case, accents, outer and double spaces, and with one kind of apostrophe
 * and hyphen. Only the marks of Latin, Greek and Cyrillic letters are accents: in other scripts a mark is a vowel or
 * makes another letter.
 */
export function foldName(text: string): string {
  return text
    .replaceAll(/[‘’ʼʻ´`′]/g, "'")
    .replaceAll(/[‐‑‒–]/g, '-')
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/([\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])\p{Mn}+/gu, '$1')
    .replaceAll(UNDIVIDED, (letter) => PLAIN[letter]!)
    .replaceAll(/\s+/g, ' ')
    .trim()
    .normalize('NFC')
}
