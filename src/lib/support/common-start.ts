/** The longest text that both texts start with. */
export function commonStart(first: string, second: string): string {
  let length = 0
  while (length < first.length && first[length] === second[length]) length++
  return first.slice(0, length)
}
