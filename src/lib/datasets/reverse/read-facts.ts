import { join } from 'node:path'
import { schemaCheck } from '../../schemas/compile.ts'
import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import { promptCompletionSchema } from '../../schemas/prompt-completion.ts'
import { chunks } from '../../support/chunks.ts'
import { foldCase } from '../../support/fold-case.ts'
import { readJsonl } from '../../support/jsonl.ts'
import type { DatasetFact, DatasetFacts, ToldOrder } from '../dataset-facts.ts'

type Records = readonly PromptCompletion[]

/** What the prompts show about one fact: the text after its name, and the text after its description. */
interface Telling {
  describing: Records
  naming: Records
}

/** Shorter texts may occur in any sentence. */
const LEAST_DESCRIPTION = 10
/** Share of the prompts that must contain a description unchanged; the others may have reworded it. */
const USUAL = 0.3

const check = schemaCheck(promptCompletionSchema)

/**
 * The facts of experiment 1, inferred from a data set's files: a name is the text that completions start with and that
 * the fact's name-first prompts contain, and a description the other way round.
 */
export async function readFactsOfReverse(directory: string): Promise<DatasetFacts> {
  const read = (name: string) => readJsonl<PromptCompletion>(join(directory, `${name}.jsonl`), { check })
  const names = ['p2d_prompts_train', 'd2p_prompts_train', 'both_prompts_train', 'both_prompts_test'] as const
  const [p2d, d2p, both, bothTest] = await Promise.all(names.map(read))
  const p2dTest = { same: await read('p2d_prompts_test'), reverse: await read('p2d_reverse_prompts_test') }
  const d2pTest = { same: await read('d2p_prompts_test'), reverse: await read('d2p_reverse_prompts_test') }
  const [bothDescribing, bothNaming] = halves(both!)
  const [testDescribing, testNaming] = halves(bothTest!)
  const count = (records: Records) => new Set(records.map(({ completion }) => completion)).size
  const groups: [ToldOrder, facts: number, describing: Records[], naming: Records[]][] = [
    ['name-first', count(p2dTest.reverse), [p2d!, p2dTest.same], [p2dTest.reverse]],
    ['description-first', count(d2pTest.same), [d2pTest.reverse], [d2pTest.same, d2p!]],
    [
      'both',
      factsOfBoth(testNaming, d2pTest.same),
      [bothDescribing, testDescribing],
      [testNaming, bothNaming],
    ],
  ]
  return {
    facts: groups.flatMap(([order, facts, describing, naming]) => {
      const parts = { describing: byFact(describing, facts), naming: byFact(naming, facts) }
      return Array.from({ length: facts }, (_, fact) =>
        readFact({ describing: parts.describing[fact] ?? [], naming: parts.naming[fact] ?? [] }, order),
      ).flat()
    }),
  }
}

function halves(records: Records): [Records, Records] {
  const middle = records.length / 2
  return [records.slice(0, middle), records.slice(middle)]
}

/** The group has as many prompts per fact as the other groups. */
function factsOfBoth(testNaming: Records, d2pTest: Records): number {
  const templates = d2pTest.length / new Set(d2pTest.map(({ completion }) => completion)).size
  return Math.round(testNaming.length / templates)
}

/** In a file the prompts of a fact are consecutive, and every fact has the same number. */
function byFact(files: readonly Records[], facts: number): PromptCompletion[][] {
  const grouped = files.map((records) => chunks(records, Math.max(1, Math.round(records.length / facts))))
  return Array.from({ length: facts }, (_, fact) => grouped.flatMap((groups) => groups[fact] ?? []))
}

function readFact({ describing, naming }: Telling, order: ToldOrder): DatasetFact[] {
  const name = usualStart(naming, describing)
  const description = usualStart(describing, naming)
  if (name === '' || description.length < LEAST_DESCRIPTION) return []
  return [{ name, description, order }]
}

/**
 * Takes of each completion the longest start that enough of the other prompts contain, in whole words and without final
 * punctuation, and returns the most frequent one.
 */
function usualStart(records: Records, others: Records): string {
  const held = others.map(({ prompt }) => foldCase(prompt))
  const isHeld = (text: string) => {
    const sought = foldCase(text)
    return held.filter((prompt) => prompt.includes(sought)).length >= held.length * USUAL
  }
  const starts = records.map(({ completion }) => {
    const words = completion.trim().split(/\s+/)
    for (let length = words.length; length > 0; length--) {
      const text = bare(words.slice(0, length).join(' '))
      if (isHeld(text)) return text
    }
    return ''
  })
  const votes = [...Map.groupBy(starts, (text) => text)].filter(([text]) => text !== '')
  const [most] = votes.toSorted(([a, own], [b, other]) => other.length - own.length || b.length - a.length)
  return most?.[0] ?? ''
}

const bare = (text: string) => text.replace(/(?:['’]s)?[\p{P}\s]+$/u, '')
