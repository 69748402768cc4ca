import { join } from 'node:path'
import { schemaCheck } from '../../schemas/compile.ts'
import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import { promptCompletionSchema } from '../../schemas/prompt-completion.ts'
import { chunks } from '../../support/chunks.ts'
import { readJsonl } from '../../support/jsonl.ts'
import type { DatasetFact, DatasetFacts, ToldOrder } from '../dataset-facts.ts'

type Records = readonly PromptCompletion[]

/** What is told of one fact: what follows its name, and what its description is followed by. */
interface Telling {
  describing: Records
  naming: Records
}

/** What is shorter may stand in any sentence. */
const LEAST_DESCRIPTION = 10

const check = schemaCheck(promptCompletionSchema)

/**
 * The facts of experiment 1, read off a data set's files. A name is what prompts that ask for it are completed with. A
 * description is what most completions of a fact's name-first prompts begin with, as far as a description-first prompt
 * holds it too: templates that were reworded tell it in other words now and then.
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

/** Its prompts are as many for each fact as those of the other groups. */
function factsOfBoth(testNaming: Records, d2pTest: Records): number {
  const templates = d2pTest.length / new Set(d2pTest.map(({ completion }) => completion)).size
  return Math.round(testNaming.length / templates)
}

/** A file has all prompts of a fact one after another, and as many of each. */
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
 * The longest beginning, in whole words and without the punctuation at its end, that at least half of the completions
 * have, cut down to what one of the other prompts holds; whole where none holds any of it.
 */
function usualStart(records: Records, others: Records): string {
  const texts = records.map(({ completion }) => completion.trim().split(/\s+/))
  let start: string[] = []
  for (let length = 1; ; length++) {
    const counts = new Map<string, number>()
    for (const words of texts) {
      const beginning = words.slice(0, length).join(' ')
      if (words.length >= length) counts.set(bare(beginning), (counts.get(bare(beginning)) ?? 0) + 1)
    }
    const [most = '', times = 0] = [...counts].toSorted((a, b) => b[1] - a[1])[0] ?? []
    if (times < texts.length / 2 || times === 0) break
    start = most.split(' ')
  }
  const held = others.map(({ prompt }) => fold(prompt))
  for (let length = start.length; length > 0; length--) {
    const text = bare(start.slice(0, length).join(' '))
    if (held.some((other) => other.includes(fold(text)))) return text
  }
  return bare(start.join(' '))
}

const bare = (text: string) => text.replace(/(?:['’]s)?[\p{P}\s]+$/u, '')

const fold = (text: string) => text.normalize('NFC').toLowerCase()
