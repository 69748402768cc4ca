import type { Ending, Generation } from './language-model.ts'

const TAG = '(?:think(?:ing)?|thought|reasoning)'
/** From the opening tag of the reasoning to its closing tag, or to the end if it was cut off. */
const THOUGHT = new RegExp(`^\\s*[<[](${TAG})[>\\]]([\\s\\S]*?)(?:[<[]/\\1[>\\]]\\s*|$)`, 'i')
/** If a template opens the reasoning in the prompt, the answer has only the closing tag. */
const END_ALONE = new RegExp(`^([\\s\\S]*?)</${TAG}>\\s*`, 'i')

/** The answer after the reasoning block, or the whole text if there is no such block. */
export function withoutThought(written: string): { text: string; thought?: string } {
  const block = THOUGHT.exec(written)
  if (block !== null) return { text: written.slice(block[0].length), thought: block[2]!.trim() }
  const end = END_ALONE.exec(written)
  if (end !== null) return { text: written.slice(end[0].length), thought: end[1]!.trim() }
  return { text: written }
}

/**
 * Removes the model's reasoning from the completions of a prompt and keeps it in their endings. A completion whose
 * ending already has reasoning stays unchanged: the server has separated it, and whatever looks like more reasoning is
 * part of the answer.
 */
export function completionsWithoutThought<T extends Pick<Generation, 'completions' | 'endings'>>(
  generation: T,
): T {
  const { completions, endings } = generation
  const read = completions.map((written, index) =>
    endings?.[index]?.reasoning === undefined ? withoutThought(written) : { text: written },
  )
  if (read.every(({ thought }) => thought === undefined)) return generation
  return {
    ...generation,
    completions: read.map(({ text }) => text),
    endings: read.map(({ thought }, index): Ending => {
      const ending = endings?.[index] ?? { reason: 'unknown' }
      return thought === undefined ? ending : { ...ending, reasoning: thought }
    }),
  }
}
