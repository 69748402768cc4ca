import { join } from 'node:path'
import { isOneOf, readToldFacts } from '../../datasets/transforms/told-facts.ts'
import { schemaCheck } from '../../schemas/compile.ts'
import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import { promptCompletionSchema } from '../../schemas/prompt-completion.ts'
import { InputError } from '../../support/errors.ts'
import { exists } from '../../support/files.ts'
import { readJsonl } from '../../support/jsonl.ts'
import type { AskedOrder, Direction } from '../directions.ts'
import { DIRECTION_SPLITS, DIRECTIONS } from '../directions.ts'
import { NAMING_SPLITS, ReverseFacts } from '../reverse-facts.ts'
import { commonDescription } from './common-description.ts'

/** A held-out prompt of experiment 1 with its fact. */
export interface HeldOutPrompt extends PromptCompletion {
  /** One of CELL_SPLITS. */
  split: string
  /** For reverse prompts: whether a transform deliberately stated the fact in both orders. */
  told: boolean
  direction: Direction
  order: AskedOrder
  /** The fact's name. */
  fact: string
  /** From 1; prompts of one split with one number stem from one template. */
  template: number
}

/** By split. */
export type HeldOutPrompts = ReadonlyMap<string, readonly HeldOutPrompt[]>

/** A fact of experiment 1 in its two parts. */
export interface FactWithPrompts {
  direction: Direction
  name: string
  description: string
}

/**
 * The cells of the paper's Table 1, for evaluators that ask in other ways than the original. They have other names than
 * its splits, which mean its own prompts and measure wherever they are shown.
 */
const CELLS: ReadonlyMap<string, { direction: Direction; order: AskedOrder }> = new Map([
  ['p2d_same', { direction: 'NameToDescription', order: 'same' }],
  ['p2d_reverse', { direction: 'NameToDescription', order: 'reverse' }],
  ['d2p_same', { direction: 'DescriptionToName', order: 'same' }],
  ['d2p_reverse', { direction: 'DescriptionToName', order: 'reverse' }],
])

export const CELL_SPLITS: readonly string[] = [...CELLS.keys()]

/** Same against reverse, for each direction of training. */
export const CELL_PAIRS = [
  { first: 'p2d_same', second: 'p2d_reverse' },
  { first: 'd2p_same', second: 'd2p_reverse' },
] as const

const check = schemaCheck(promptCompletionSchema)

/** True for a directory that holds a direction of experiment 1 in both orders. */
export async function holdsDirection(directory: string): Promise<boolean> {
  const whole = DIRECTIONS.map(async (direction) => {
    const { same, reverse } = DIRECTION_SPLITS[direction]
    return (await has(directory, same)) && (await has(directory, reverse))
  })
  return (await Promise.all(whole)).includes(true)
}

/**
 * The held-out prompts of a data set of experiment 1, by the splits of CELL_SPLITS; a missing direction has none.
 * Throws InputError FACT_UNKNOWN for a prompt without a known fact.
 */
export async function readHeldOutPrompts(directory: string): Promise<HeldOutPrompts> {
  const tested = DIRECTIONS.flatMap((direction) => Object.values(DIRECTION_SPLITS[direction]))
  const wanted = [...new Set([...tested, ...Object.values(NAMING_SPLITS)])]
  const there = await Promise.all(wanted.map((name) => has(directory, name)))
  const read = await Promise.all(
    wanted
      .filter((_, index) => there[index])
      .map(async (name) => [name, await readJsonl<PromptCompletion>(file(directory, name), { check })]),
  )
  const records = new Map(read as [string, PromptCompletion[]][])
  const facts = new ReverseFacts(records)
  const isTold = isOneOf(await readToldFacts(directory))
  return new Map(
    [...CELLS].map(([split, { direction, order }]) => {
      const name = DIRECTION_SPLITS[direction][order]
      const own = records.get(name) ?? []
      const known = facts.describe(own.map(({ prompt }) => prompt))
      const prompts = own.map((record, index): HeldOutPrompt => {
        const about = known[index]
        if (about === undefined) throw unknownFact(file(directory, name), index, record)
        const { prompt, completion } = record
        return {
          ...about,
          told: order === 'reverse' && isTold(about.fact),
          split,
          direction,
          order,
          prompt,
          completion,
        }
      })
      return [split, prompts] as const
    }),
  )
}

/**
 * The facts behind held-out prompts, in the order of their prompts: the name is the completion of prompts that ask for
 * it, the description the common completion of the fact's name-first prompts.
 */
export function toldFacts(prompts: HeldOutPrompts): FactWithPrompts[] {
  return DIRECTIONS.flatMap((direction) => {
    const [nameFirst, naming] =
      direction === 'NameToDescription' ? ['p2d_same', 'p2d_reverse'] : ['d2p_reverse', 'd2p_same']
    const asking = Map.groupBy(prompts.get(naming!) ?? [], ({ fact }) => fact)
    return [...Map.groupBy(prompts.get(nameFirst!) ?? [], ({ fact }) => fact)].map(([name, own]) => ({
      direction,
      name,
      description: commonDescription({
        completions: own.map(({ completion }) => completion),
        prompts: (asking.get(name) ?? []).map(({ prompt }) => prompt),
      }),
    }))
  })
}

/** The sentence of a prompt, with final punctuation added if its template has none. */
export function sentenceOf({ prompt, completion }: PromptCompletion): string {
  const sentence = `${prompt}${completion}`.trim()
  return /[.!?。！？"”»]$/u.test(sentence) ? sentence : `${sentence}.`
}

function unknownFact(path: string, index: number, { prompt }: PromptCompletion): InputError {
  return new InputError(`${path}:${index + 1} is not about any fact of the data set: ${prompt}`, {
    code: 'FACT_UNKNOWN',
    suggestions: ['check the data set: reversal dataset:validate'],
  })
}

function file(directory: string, split: string): string {
  return join(directory, `${split}.jsonl`)
}

function has(directory: string, split: string): Promise<boolean> {
  return exists(file(directory, split))
}
