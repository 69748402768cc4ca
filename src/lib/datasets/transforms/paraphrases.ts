import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import type { DatasetFact } from '../dataset-facts.ts'
import { EXAMPLE_MARKERS } from '../instructions/documents.ts'
import { commonOptions, defineArm, nothingToChange } from './arm.ts'
import { FactReader } from './fact-reader.ts'
import { trainedText } from './words.ts'

/**
 * Keeps a number of sentences for each fact, the same ones for all facts: paraphrases make facts usable in other
 * wordings (arXiv 2309.12288, B.6; Pan et al., arXiv 2510.09885). Removes document lines with other sentences, and
 * their entries in the record's lists.
 */
export const paraphrases = defineArm(
  {
    name: 'paraphrases',
    summary: 'some of the sentences of each fact (arXiv 2309.12288, 2510.09885)',
    needs: 'facts',
    mode: 'replace',
    options: {
      sentences: {
        type: 'integer',
        minimum: 1,
        default: 10,
        description: 'number of sentences to keep for each fact and order, drawn by the seed',
      },
    },
  },
  (records, { options, random, facts, draw }) => {
    const { mode, repetitions, mark } = commonOptions(options)
    const reduced = new Set(draw(facts))
    const tellings = readTellings(records, facts)
    const chosen = new Map(
      [...tellings.most].map(([order, count]) => {
        const places = Array.from({ length: count }, (_, index) => index)
        return [order, new Set(random.sample(places, Math.min(count, Number(options.sentences))))] as const
      }),
    )
    const isKept = (told: Told) => !reduced.has(told.fact) || chosen.get(told.order)!.has(told.sentence)
    const kept = records.map((record, index) => keepLines(record, tellings.lines[index]!, isKept))
    if (tellings.most.size === 0) throw nothingToChange('paraphrases')
    if (mode === 'replace') {
      return {
        records: kept.flatMap((record, index) => {
          if (record === undefined) return []
          const isAbout = tellings.lines[index]!.some((told) => told !== undefined && reduced.has(told.fact))
          return isAbout ? Array.from({ length: repetitions }, () => mark(record)) : [record]
        }),
        told: [],
      }
    }
    const added = kept.flatMap((record, index) => {
      const isAbout = tellings.lines[index]!.some((told) => told !== undefined && reduced.has(told.fact))
      return record !== undefined && isAbout ? [mark(record)] : []
    })
    return { records: [...records, ...Array.from({ length: repetitions }, () => added).flat()], told: [] }
  },
)

interface Told {
  fact: DatasetFact
  order: string
  /** Which of the fact's sentences in that order, from 0. */
  sentence: number
}

/** The fact that each line of each record states, and the largest number of sentences per fact, by order. */
function readTellings(records: readonly PromptCompletion[], facts: readonly DatasetFact[]) {
  const reader = new FactReader(facts)
  const sentences = new Map<DatasetFact, Map<string, string[]>>()
  const most = new Map<string, number>()
  const tell = (record: PromptCompletion, line: string): Told | undefined => {
    const telling = reader.telling(line)
    const fact = telling?.fact ?? onlyOne(reader.about(line))
    if (fact === undefined) return undefined
    const nameFirst = record.prompt.includes(fact.name) ? 'name-first' : 'description-first'
    const order = telling?.order ?? nameFirst
    const own = sentences.get(fact) ?? new Map<string, string[]>()
    sentences.set(fact, own)
    const known = own.get(order) ?? []
    own.set(order, known)
    const text = telling?.template ?? line
    if (!known.includes(text)) known.push(text)
    most.set(order, Math.max(most.get(order) ?? 0, known.length))
    return { fact, order, sentence: known.indexOf(text) }
  }
  const lines = records.map((record) => {
    const text = trainedText(record)
    // An example of experiment 3 shows how to answer, and does not state a fact.
    if (text.startsWith(EXAMPLE_MARKERS.begin)) return []
    return text.split('\n').map((line) => tell(record, line))
  })
  return { lines, most }
}

function onlyOne<T>(items: readonly T[]): T | undefined {
  return items.length === 1 ? items[0] : undefined
}

/** The record without the lines that are not kept; undefined if none of its facts remains. */
function keepLines(
  record: PromptCompletion,
  told: readonly (Told | undefined)[],
  isKept: (told: Told) => boolean,
): PromptCompletion | undefined {
  const telling = told.filter((line) => line !== undefined)
  const kept = telling.filter(isKept)
  if (kept.length === telling.length) return record
  if (kept.length === 0) return undefined
  const lines = trainedText(record).split('\n')
  const left = lines.filter((_, index) => told[index] === undefined || isKept(told[index]))
  const lists = Object.entries(record).map(([key, value]: [string, unknown]) => {
    const isList = Array.isArray(value) && value.length === telling.length
    return [key, isList ? value.filter((_, index) => isKept(telling[index]!)) : value]
  })
  return { ...Object.fromEntries(lists), prompt: '', completion: left.join('\n') }
}
