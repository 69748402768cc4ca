/**
 * The description of a fact, from what its name-first prompts are completed with, where templates may go on after it:
 * the longest common beginning of these, as far as it also stands in the prompts that ask for the name. These tell it in
 * other words where they hold less than half of it, and are then left aside.
 */
export function commonDescription({
  completions,
  prompts,
}: {
  completions: readonly string[]
  prompts: readonly string[]
}): string {
  const [first = '', ...others] = completions.map(normal)
  const common = others.reduce(commonStart, first)
  const held = prompts.map(normal).reduce(longestHeld, common)
  const description = withoutEnd(held)
  return 2 * description.length < withoutEnd(common).length ? withoutEnd(common) : description
}

function normal(text: string): string {
  return text.trim().normalize('NFC')
}

function commonStart(first: string, second: string): string {
  let length = 0
  while (length < first.length && first[length] === second[length]) length++
  return first.slice(0, length)
}

/** The longest beginning of a text that stands in a sentence, which may write its first letter large. */
function longestHeld(text: string, sentence: string): string {
  const [sought, place] = [text.toLowerCase(), sentence.toLowerCase()]
  let length = text.length
  while (length > 0 && !place.includes(sought.slice(0, length))) length--
  return text.slice(0, length)
}

function withoutEnd(text: string): string {
  return text.replace(/[\p{P}\s]+$/u, '')
}
