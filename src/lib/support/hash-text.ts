/**
 * A 53-bit hash of a text; two different texts collide with a probability of 1 in 9 · 10¹⁵. For remembering many texts
 * in 8 bytes each; it does not resist deliberate collisions. (cyrb53, by bryc, public domain:
 * https://github.com/bryc/code/blob/master/jshash/experimental/cyrb53.js)
 */
export function hashText(text: string): number {
  let low = 0xdeadbeef
  let high = 0x41c6ce57
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    low = Math.imul(low ^ unit, 2654435761)
    high = Math.imul(high ^ unit, 1597334677)
  }
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  return 0x100000000 * (high & 0x1fffff) + (low >>> 0)
}
