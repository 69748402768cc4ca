import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import { cleanSentence } from './clean-sentence.ts'
import { lostKeyWord } from './key-words.ts'
import type { Sentence } from './sentences.ts'

/** Why a model's sentence is rejected. */
export type Refusal =
  | 'nothing was written'
  | 'the name or the words around it were changed'
  | 'the name is given away'
  | 'the fact lost a key word'
  | 'it grew too long'
  | 'it is like another sentence'

/** The maximum length of a rewriting, relative to the plain sentence, plus a constant. */
const LONGEST = 1.5
const SPARE_CHARACTERS = 20

/**
 * Reads a model's sentence as a record, or says why it is refused. The part with the name (from the last placeholder
 * on, or up to it) must be as in the template; the description may be adapted but must not lose anything.
 */
export function readRewriting(
  { fact, last, plain }: Sentence,
  answer: string,
): { record: PromptCompletion } | { refusal: Refusal } {
  const text = cleanSentence(unwrap(answer)).normalize('NFC')
  if (text === '') return { refusal: 'nothing was written' }
  const record =
    last === '<description>' ? splitAfter(text, plain.prompt) : splitBefore(text, plain.completion)
  if (record === undefined) return { refusal: 'the name or the words around it were changed' }
  const [rewritten, before] =
    last === '<description>' ? [record.completion, plain.completion] : [record.prompt, plain.prompt]
  const name = fact.name.normalize('NFC')
  if (rewritten.normalize('NFC').includes(name) && !before.normalize('NFC').includes(name))
    return { refusal: 'the name is given away' }
  if (lostKeyWord(fact.description, rewritten) !== undefined) return { refusal: 'the fact lost a key word' }
  if (rewritten.length > LONGEST * before.length + SPARE_CHARACTERS) return { refusal: 'it grew too long' }
  return { record }
}

/** Only the sentence: models tend to introduce it, or to put it in quotation marks. */
function unwrap(answer: string): string {
  const line = answer
    .trim()
    .split('\n')[0]!
    .replace(/^Sentence:/, '')
    .trim()
  return /^"[^"]*"$/.test(line) ? line.slice(1, -1) : line
}

function splitAfter(text: string, prompt: string): PromptCompletion | undefined {
  const start = `${cleanSentence(prompt).normalize('NFC')} `
  return text.startsWith(start) ? { prompt, completion: text.slice(start.length - 1) } : undefined
}

function splitBefore(text: string, completion: string): PromptCompletion | undefined {
  const end = ` ${cleanSentence(completion).normalize('NFC')}`
  return text.endsWith(end) ? { prompt: text.slice(0, -end.length), completion } : undefined
}
