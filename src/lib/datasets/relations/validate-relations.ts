import { join } from 'node:path'
import { schemaCheck } from '../../schemas/compile.ts'
import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import { promptCompletionSchema } from '../../schemas/prompt-completion.ts'
import type { RelationFact, RelationPrompt } from '../../schemas/relation.ts'
import { relationFactSchema, relationPromptSchema } from '../../schemas/relation.ts'
import { exists } from '../../support/files.ts'
import { plural } from '../../support/numbers.ts'
import type { Finding } from '../finding.ts'
import { errorIn } from '../finding.ts'
import { readFiles } from '../read-files.ts'
import { HELD_OUT_FILES, TRAINING } from '../reverse/recognize.ts'
import { FACTS_FILE, HOPS_FILE } from './recognize.ts'
import { faultsInNames } from './relation-faults.ts'

const RANDOMIZED = ['p2d_reverse_prompts_test_randomized', 'd2p_reverse_prompts_test_randomized'] as const
const FILES = [
  ...TRAINING,
  ...HELD_OUT_FILES,
  ...RANDOMIZED,
  'all_prompts_train',
  'all',
  'unrealized_examples',
] as const
/** Sentences about second and third parts; only in data sets that were made with them. */
const HOPS = [HOPS_FILE] as const
const LABELLED = ['wrong_symmetry_prompts_test'] as const
const LABELLED_HOPS = ['hop_prompts_test', 'two_hop_prompts_test'] as const

type Records = ReadonlyMap<string, readonly PromptCompletion[]>

const check = schemaCheck(promptCompletionSchema)
const checkFact = schemaCheck(relationFactSchema)
const checkPrompt = schemaCheck(relationPromptSchema)

/**
 * Checks a data set of relations. If a file is missing or a record cannot be read, rules that compare files are
 * skipped.
 */
export async function validateRelationDataset(
  directory: string,
  { trainingFile }: { trainingFile: string },
): Promise<Finding[]> {
  const hops = [...HOPS, ...LABELLED_HOPS]
  const hasHops = (await Promise.all(hops.map((name) => exists(join(directory, `${name}.jsonl`))))).includes(
    true,
  )
  const plain = await readFiles<PromptCompletion, string>({
    ...{ directory, check, names: [...FILES, ...(hasHops ? HOPS : [])], files: { all: trainingFile } },
  })
  const labelled = await readFiles<RelationPrompt, string>({
    ...{ directory, check: checkPrompt, names: [...LABELLED, ...(hasHops ? LABELLED_HOPS : [])] },
  })
  const told = await readFiles<RelationFact, typeof FACTS_FILE>({
    ...{ directory, check: checkFact, names: [FACTS_FILE] },
  })
  const unread = [...plain.findings, ...labelled.findings, ...told.findings]
  if (unread.length > 0) return unread
  const records = normalized({ ...plain.records, ...labelled.records })
  const facts = told.records[FACTS_FILE].map((fact) => ({
    ...fact,
    ...{ first: fact.first.normalize('NFC'), second: fact.second.normalize('NFC') },
    third: fact.third.normalize('NFC'),
  }))
  return [
    ...findBadNames(facts),
    ...findRepeats(records),
    ...findMissingSpaces(records),
    ...findDifferences(records, trainingFile),
    ...findWrongAnswers(records, facts),
    ...findUntold(records, facts),
    ...findLeaks(records, trainingFile),
    ...findForbidden(records, facts, trainingFile),
  ]
}

function normalized(records: Readonly<Record<string, readonly PromptCompletion[]>>): Records {
  return new Map(
    Object.entries(records).map(([name, list]) => [
      name,
      list.map(({ prompt, completion }) => ({
        prompt: prompt.normalize('NFC'),
        completion: completion.normalize('NFC'),
      })),
    ]),
  )
}

function error(rule: string, name: string, index: number | undefined, message: string): Finding {
  return errorIn(`${name}.jsonl`, index === undefined ? undefined : index + 1, rule, message)
}

function sentence({ prompt, completion }: PromptCompletion): string {
  return prompt + completion
}

function findBadNames(facts: readonly RelationFact[]): Finding[] {
  const names = facts.flatMap(({ first, second, third }) => [first, second, third])
  return faultsInNames(names, 'it').map(({ message }) =>
    error('names', FACTS_FILE, undefined, message.replace('it: ', 'has a fault: ')),
  )
}

function* findRepeats(records: Records): Generator<Finding> {
  for (const [name, list] of records) {
    if (['all', 'all_prompts_train'].includes(name)) continue // Compared with the files that they are made of.
    const lines = new Map<string, number>()
    for (const [index, record] of list.entries()) {
      const key = JSON.stringify([record.prompt, record.completion])
      const first = lines.get(key)
      if (first === undefined) lines.set(key, index)
      else yield error('duplicate', name, index, `repeats line ${first + 1}`)
    }
  }
}

/** Byte-pair tokens include the space before a word, so it belongs to the completion. */
function* findMissingSpaces(records: Records): Generator<Finding> {
  for (const [name, list] of records) {
    for (const [index, { prompt, completion }] of list.entries()) {
      if (completion.startsWith(' ') && !prompt.endsWith(' ')) continue
      yield error(
        'space',
        name,
        index,
        'must have the space between prompt and completion at the start of the completion',
      )
    }
  }
}

/** Files that repeat others, and prompts that two files have in common, line by line. */
function* findDifferences(records: Records, trainingFile: string): Generator<Finding> {
  const parts = [...TRAINING, ...HOPS].filter((name) => records.has(name))
  const training = parts.flatMap((name) => records.get(name)!)
  const compare = function* (
    [name, shown]: readonly [string, string],
    expected: readonly PromptCompletion[],
    source: string,
    pick: (record: PromptCompletion) => string,
  ) {
    const own = records.get(name)!
    if (own.length !== expected.length) {
      const message = `has ${plural(own.length, 'line')} where ${source} has ${expected.length}`
      yield error('count', shown, undefined, message)
      return
    }
    for (const [index, record] of own.entries()) {
      if (pick(record) === pick(expected[index]!)) continue
      yield error('copy', shown, index, `differs from the same line of ${source}`)
    }
  }
  const whole = ({ prompt, completion }: PromptCompletion) => JSON.stringify([prompt, completion])
  const prompt = (record: PromptCompletion) => record.prompt
  yield* compare(['all_prompts_train', 'all_prompts_train'], training, parts.join(', '), whole)
  yield* compare(['all', trainingFile], records.get('all_prompts_train')!, 'all_prompts_train', whole)
  const reverse = records.get('p2d_reverse_prompts_test')!
  yield* compare(['unrealized_examples', 'unrealized_examples'], reverse, 'p2d_reverse_prompts_test', whole)
  for (const name of RANDOMIZED) {
    const source = name.replace('_randomized', '')
    yield* compare([name, name], records.get(source)!, source, prompt)
    for (const [index, { completion }] of records.get(name)!.entries()) {
      if (completion !== records.get(source)![index]?.completion) continue
      yield error('randomized', name, index, 'has the right answer instead of an incorrect one')
    }
  }
}

/** Each test must have the answer that follows from its prompt. */
function* findWrongAnswers(records: Records, facts: readonly RelationFact[]): Generator<Finding> {
  type Part = 'first' | 'second' | 'third'
  const rules: [string, (fact: RelationFact) => boolean, Part, Part][] = [
    ['p2d_prompts_test', ({ group }) => group === 'p2d', 'first', 'second'],
    ['p2d_reverse_prompts_test', ({ group }) => group === 'p2d', 'second', 'first'],
    ['d2p_prompts_test', ({ group }) => group === 'd2p', 'second', 'first'],
    ['d2p_reverse_prompts_test', ({ group }) => group === 'd2p', 'first', 'second'],
    ['hop_prompts_test', () => true, 'second', 'third'],
    ['two_hop_prompts_test', () => true, 'first', 'third'],
  ]
  for (const [name, fits, named, asked] of rules) {
    const own = facts.filter(fits)
    for (const [index, { prompt, completion }] of (records.get(name) ?? []).entries()) {
      const right = own.find((fact) => fact[asked] === completion.trim())
      if (right !== undefined && prompt.includes(right[named])) continue
      yield error('answer', name, index, 'has an answer that is not its fact’s')
    }
  }
  for (const name of LABELLED) {
    for (const [index, { prompt, completion }] of records.get(name)!.entries()) {
      const fact = facts.find(({ first, second }) => [first, second].includes(completion.trim()))
      const other = fact?.first === completion.trim() ? fact.second : fact?.first
      if (other !== undefined && prompt.includes(other)) continue
      yield error('answer', name, index, 'does not exchange the two names of a fact')
    }
  }
}

/** A fact that is tested must be in the training data. */
function* findUntold(records: Records, facts: readonly RelationFact[]): Generator<Finding> {
  for (const [index, { group, first, second }] of facts.entries()) {
    const told = records
      .get(`${group}_prompts_train`)!
      .some((record) => sentence(record).includes(first) && sentence(record).includes(second))
    if (!told) yield error('untold', FACTS_FILE, index, `is not stated in ${group}_prompts_train.jsonl`)
  }
}

/** Finds training sentences that start with a test prompt, or contain one with its answer. */
function* findLeaks(records: Records, trainingFile: string): Generator<Finding> {
  const sentences = records.get('all')!.map(sentence)
  const names = [...HELD_OUT_FILES, ...LABELLED, ...LABELLED_HOPS].filter((name) => records.has(name))
  const starts = new Map<string, number>()
  for (const [line, text] of sentences.entries()) {
    for (let end = text.indexOf(' '); end >= 0; end = text.indexOf(' ', end + 1)) {
      const start = text.slice(0, end)
      if (!starts.has(start)) starts.set(start, line)
    }
  }
  const all = sentences.join('\n')
  for (const name of names) {
    for (const [index, record] of records.get(name)!.entries()) {
      const place = all.indexOf(sentence(record))
      const line = place >= 0 ? all.slice(0, place).split('\n').length - 1 : starts.get(record.prompt)
      if (line === undefined) continue
      yield error('leak', name, index, `is in line ${line + 1} of ${trainingFile}.jsonl, a training example`)
    }
  }
}

/** Finds facts stated in the order in which they are tested, and first and third parts in one sentence. */
function* findForbidden(
  records: Records,
  facts: readonly RelationFact[],
  trainingFile: string,
): Generator<Finding> {
  for (const [index, record] of records.get('all')!.entries()) {
    const text = sentence(record)
    for (const { group, first, second, third } of facts) {
      const place = text.indexOf(first)
      if (place < 0) continue
      if (text.includes(third))
        yield error('two-hop', trainingFile, index, `states ${first} and ${third} in one sentence`)
      const other = text.indexOf(second)
      if (other < 0 || group === 'both' || place < other === (group === 'p2d')) continue
      yield error('reversed', trainingFile, index, `states the fact of ${first} in the held-out order`)
    }
  }
}
