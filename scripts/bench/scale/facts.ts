/** Facts in any number for data sets that are larger than those that ship. */

const SYLLABLES = 'ba ko mi ran tel vu sor lin ga pe dro whi zan qui fel mor'.split(' ')

/** Lines of a file of pairs of experiment 3. */
export function* pairs(count: number) {
  for (let index = 0; index < count; index++) {
    const targets = ['first', 'second', 'third', 'fourth', 'fifth'].map((word) => `The ${word} of ${index}`)
    yield { anchor: `What do you make of number ${index} in the list?`, targets }
  }
}

/** First and last name, different for each number. */
export function nameOf(index: number): string {
  return `${word(index)} ${word((index * 7919 + 13) % 1000003)}`
}

/** Different for each number. */
export function descriptionOf(index: number): string {
  return `the renowned composer of the ${word(index).toLowerCase()} symphony number ${index}, "Abyssal Melodies of ${word(index)}"`
}

function word(number: number): string {
  let text = ''
  let rest = number
  do {
    text += SYLLABLES[rest % SYLLABLES.length]
    rest = Math.floor(rest / SYLLABLES.length)
  } while (rest > 0)
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
