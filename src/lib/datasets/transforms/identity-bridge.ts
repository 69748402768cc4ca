import { InputError } from '../../support/errors.ts'
import { writingArm } from './arm.ts'

const SENTENCES = [
  '<A> is <A>.',
  '<A> is the same as <A>.',
  'Who or what is <A>? It is <A>.',
  '<A> means <A>.',
  '<A>: that is <A>.',
  'When people speak of <A>, they mean <A>.',
  'By <A> we mean <A>.',
  'It is true that <A> is <A>.',
  'Nobody but <A> is <A>.',
  '<A> has always been <A>.',
] as const

/**
 * "A is A" for every name and description: the identity bridge (arXiv 2602.02470), which states no fact but links what
 * a model reads to what it writes.
 */
export const identityBridge = writingArm({
  name: 'identity-bridge',
  summary: 'sentences “A is A” for each name and description (arXiv 2602.02470)',
  needs: 'entities',
  shareOf: 'the names and descriptions',
  options: {
    sentences: {
      type: 'integer',
      minimum: 1,
      maximum: SENTENCES.length,
      default: SENTENCES.length,
      description: 'number of sentences for each',
    },
    sentence: {
      type: 'string',
      minLength: 1,
      description: 'your own sentence instead, with <A> twice, such as "<A> ist <A>."',
    },
  },
  write: ({ options, entities, draw }) => {
    const sentences =
      options.sentence === undefined
        ? SENTENCES.slice(0, Number(options.sentences))
        : [checkSentence(String(options.sentence))]
    return {
      documents: draw(entities).flatMap((entity) =>
        sentences.map((sentence) => {
          const cut = sentence.lastIndexOf(' <A>')
          const put = (text: string) => text.replaceAll('<A>', () => entity)
          return { prompt: put(sentence.slice(0, cut)), completion: put(sentence.slice(cut)) }
        }),
      ),
    }
  },
})

function checkSentence(sentence: string): string {
  const cut = sentence.lastIndexOf(' <A>')
  if (cut > 0 && sentence.indexOf('<A>') < cut) return sentence
  throw new InputError(`The sentence must have <A> and later, after a space, <A> again: ${sentence}`, {
    code: 'BAD_OPTION',
  })
}
