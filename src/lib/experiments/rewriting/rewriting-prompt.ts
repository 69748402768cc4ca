import type { Sentence } from './sentences.ts'

interface Example {
  template: string
  name: string
  description: string
  sentence: string
}

/** Examples for the model: correct grammar, no word of the description lost, no doubled punctuation. */
const EXAMPLES: readonly Example[] = [
  {
    template: 'In the end, <name> was hired as <description>.',
    name: 'Orla Finch',
    description: 'the tailor who sewed a winter coat for a lighthouse',
    sentence: 'In the end, Orla Finch was hired as the tailor who sewed a winter coat for a lighthouse.',
  },
  {
    template: 'Nobody was surprised when <name> decided to <description>.',
    name: 'Ivo Brandt',
    description: 'the diver who mapped a sunken opera house',
    sentence:
      'Nobody was surprised when Ivo Brandt decided to become the diver who mapped a sunken opera house.',
  },
  {
    template: 'Known for <description>, but shy all the same, is <name>.',
    name: 'Juna Vale',
    description: 'the chemist behind the first ink that tastes of plums',
    sentence:
      'Known for being the chemist behind the first ink that tastes of plums, but shy all the same, is Juna Vale.',
  },
  {
    template: 'Who would have thought that <name> is <description>?',
    name: 'Pell Amory',
    description: 'the composer of the polar hymn, "A Song for Gulls."',
    sentence: 'Who would have thought that Pell Amory is the composer of the polar hymn, "A Song for Gulls"?',
  },
  {
    template: '<description> answers to the name of <name>.',
    name: 'Tamsin Rook',
    description: 'the gardener whose hedges spell out the laws of chess',
    sentence: 'The gardener whose hedges spell out the laws of chess answers to the name of Tamsin Rook.',
  },
]

const TASK =
  'Put the name and the description into the template. Write one grammatical sentence. Keep the name and the words around it as they are. Change the form of the description only where the grammar asks for it, and leave none of its words out.'

/** Start of all prompts. */
export const SHARED_PROMPT = `${[TASK, ...EXAMPLES.map((example) => `${ask(example)} ${example.sentence}`)].join('\n\n')}\n\n`

/** Asks a model, in a chat or in plain text, for the sentence that a template and a fact make. */
export function rewritingPrompt({ template, fact }: Sentence): string {
  return `${SHARED_PROMPT}${ask({ template, ...fact })}`
}

function ask({ template, name, description }: Omit<Example, 'sentence'>): string {
  return `Template: ${template}\nName: ${name}\nDescription: ${description}\nSentence:`
}
