import { join } from 'node:path'
import { schemaCheck } from '../../schemas/compile.ts'
import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import { promptCompletionSchema } from '../../schemas/prompt-completion.ts'
import { sha256File } from '../../support/files.ts'
import { plural } from '../../support/numbers.ts'
import type { Finding } from '../finding.ts'
import { errorIn } from '../finding.ts'
import { readFiles } from '../read-files.ts'
import { HELD_OUT_FILES, TRAINING } from './recognize.ts'

const RANDOMIZED = ['p2d_reverse_prompts_test_randomized', 'd2p_reverse_prompts_test_randomized'] as const
const FILES = [
  ...TRAINING,
  'all_prompts_train',
  ...HELD_OUT_FILES,
  ...RANDOMIZED,
  'validation_prompts',
  'all',
  'unrealized_examples',
] as const

type FileName = (typeof FILES)[number]
type Records = Readonly<Record<FileName, readonly PromptCompletion[]>>

/**
 * Checksums of the randomized files that the paper's authors published. Their random completions were drawn for each
 * prompt and without leaving out the right one.
 */
const PUBLISHED_RANDOMIZED: ReadonlySet<string> = new Set([
  'a999f08ba5830b642c204969633a755de78180e6b85a580c7d099be1d6948b64',
  'd66943b0b26f1bc4d1c6f9edbecb6ce0e50747d5b4112a70c3cd4c51de2b3b44',
])

const check = schemaCheck(promptCompletionSchema)

/**
 * What is wrong with a data set of experiment 1. Where a file is missing or a record cannot be read, the rules that
 * compare files are left for the next time.
 */
export async function validateReverseDataset(
  directory: string,
  { trainingFile }: { trainingFile: string },
): Promise<Finding[]> {
  const { records, findings } = await readFiles<PromptCompletion, FileName>({
    directory,
    names: FILES,
    files: { all: trainingFile },
    check,
  })
  if (findings.length > 0) return findings
  const texts = inNormalForm(records)
  const ruled = [
    ...findRepeats(texts),
    ...findMissingSpaces(records),
    ...findWrongCounts(records),
    ...findDifferences(records),
    ...findLeaks(texts),
    ...findReversedFacts(texts),
  ]
  for (const name of RANDOMIZED) {
    const published = PUBLISHED_RANDOMIZED.has(await sha256File(path(directory, name)))
    const flaws = [...findUnruly(name, texts)]
    ruled.push(...(published ? flaws.map(asKnownFlaw) : flaws))
  }
  return ruled
}

function path(directory: string, name: FileName): string {
  return join(directory, `${name}.jsonl`)
}

function error(rule: string, name: FileName, line: number | undefined, message: string): Finding {
  return errorIn(`${name}.jsonl`, line, rule, message)
}

/** One text in two of Unicode's forms is one text. */
function inNormalForm(records: Records): Records {
  const normal = ({ prompt, completion }: PromptCompletion) => ({
    prompt: prompt.normalize('NFC'),
    completion: completion.normalize('NFC'),
  })
  return Object.fromEntries(FILES.map((name) => [name, records[name].map(normal)])) as unknown as Records
}

function* findRepeats(records: Records): Generator<Finding> {
  for (const name of [...TRAINING, ...HELD_OUT_FILES]) {
    const lines = new Map<string, number>()
    for (const [index, { prompt, completion }] of records[name].entries()) {
      const key = JSON.stringify([prompt, completion])
      const first = lines.get(key)
      if (first === undefined) lines.set(key, index + 1)
      else yield error('duplicate', name, index + 1, `repeats line ${first}`)
    }
  }
}

/** Byte-pair tokens begin with their space, so it belongs to the completion. */
function* findMissingSpaces(records: Records): Generator<Finding> {
  for (const name of [...TRAINING, ...HELD_OUT_FILES, ...RANDOMIZED]) {
    for (const [index, { prompt, completion }] of records[name].entries()) {
      if (completion.startsWith(' ') && !prompt.endsWith(' ')) continue
      const message = 'must have the space between prompt and completion at the start of the completion'
      yield error('space', name, index + 1, message)
    }
  }
}

function* findWrongCounts(records: Records): Generator<Finding> {
  const count = (name: FileName) => records[name].length
  const expected: [FileName, number, string][] = [
    [
      'both_prompts_train',
      count('p2d_prompts_train') + count('d2p_prompts_train'),
      'p2d and d2p together have',
    ],
    ['both_prompts_test', count('p2d_prompts_test') + count('d2p_prompts_test'), 'p2d and d2p together have'],
    ['p2d_reverse_prompts_test', count('p2d_prompts_test'), 'p2d_prompts_test has'],
    ['d2p_reverse_prompts_test', count('d2p_prompts_test'), 'd2p_prompts_test has'],
  ]
  for (const [name, lines, reason] of expected) {
    if (count(name) === lines) continue
    yield error('count', name, undefined, `has ${plural(count(name), 'line')} where ${reason} ${lines}`)
  }
}

/** Files that repeat others, and prompts that two files have in common, line by line. */
function* findDifferences(records: Records): Generator<Finding> {
  const whole = ({ prompt, completion }: PromptCompletion) => JSON.stringify([prompt, completion])
  const prompt = (record: PromptCompletion) => record.prompt
  const firstWord = (record: PromptCompletion) =>
    JSON.stringify([record.prompt, record.completion.trim().split(' ')[0]])
  const training = TRAINING.flatMap((name) => records[name])
  yield* findDifference(records, 'all_prompts_train', training, TRAINING.join(', '), whole)
  yield* findDifference(records, 'all', records.all_prompts_train, 'all_prompts_train', whole)
  const reverse = records.p2d_reverse_prompts_test
  yield* findDifference(records, 'unrealized_examples', reverse, 'p2d_reverse_prompts_test', whole)
  yield* findDifference(records, 'validation_prompts', reverse, 'p2d_reverse_prompts_test', firstWord)
  for (const name of RANDOMIZED) {
    const source = correctFileOf(name)
    yield* findDifference(records, name, records[source], source, prompt)
  }
}

function* findDifference(
  records: Records,
  name: FileName,
  expected: readonly PromptCompletion[],
  source: string,
  pick: (record: PromptCompletion) => string,
): Generator<Finding> {
  const own = records[name]
  if (own.length !== expected.length) {
    yield error(
      'count',
      name,
      undefined,
      `has ${plural(own.length, 'line')} where ${source} has ${expected.length}`,
    )
    return
  }
  for (const [index, record] of own.entries()) {
    if (pick(record) === pick(expected[index]!)) continue
    yield error('copy', name, index + 1, `differs from the same line of ${source}`)
  }
}

/** Held-out prompts that a training sentence begins with, or holds together with their answer. */
function* findLeaks(records: Records): Generator<Finding> {
  const sentences = records.all.map(({ prompt, completion }) => prompt + completion)
  const sorted = sentences.map((sentence, index) => ({ sentence, line: index + 1 }))
  sorted.sort((a, b) => (a.sentence < b.sentence ? -1 : 1))
  const text = sentences.join('\n')
  for (const name of HELD_OUT_FILES) {
    for (const [index, { prompt, completion }] of records[name].entries()) {
      const answered = (prompt + completion).replace(/[\p{P}\s]+$/u, '')
      const place = text.indexOf(answered)
      const line = place < 0 ? lineThatBegins(sorted, prompt) : countLines(text, place)
      if (line !== undefined)
        yield error('leak', name, index + 1, `is a training example, line ${line} of all.jsonl`)
    }
  }
}

function lineThatBegins(
  sorted: readonly { sentence: string; line: number }[],
  prompt: string,
): number | undefined {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]!.sentence < prompt) low = middle + 1
    else high = middle
  }
  const candidate = sorted[low]
  return candidate?.sentence.startsWith(prompt) ? candidate.line : undefined
}

function countLines(text: string, end: number): number {
  return text.slice(0, end).split('\n').length
}

/** Facts that are told in the direction in which they are tested: a p2d name completed, or a d2p name prompted. */
function* findReversedFacts(records: Records): Generator<Finding> {
  const names = (name: FileName) => new Set(records[name].map(({ completion }) => completion.trim()))
  const told: [ReadonlySet<string>, (record: PromptCompletion) => string, string][] = [
    [names('p2d_reverse_prompts_test'), ({ completion }) => completion, 'tells the name-first fact of'],
    [names('d2p_prompts_test'), ({ prompt }) => prompt, 'tells the description-first fact of'],
  ]
  for (const [index, record] of records.all.entries()) {
    for (const [group, part, message] of told) {
      const text = part(record)
      const name = [...group].find((candidate) => text.includes(candidate))
      if (name !== undefined)
        yield error('reversed', 'all', index + 1, `${message} ${name} in the held-out order`)
    }
  }
}

function correctFileOf(name: (typeof RANDOMIZED)[number]) {
  return name === 'p2d_reverse_prompts_test_randomized'
    ? 'p2d_reverse_prompts_test'
    : 'd2p_reverse_prompts_test'
}

/** A fact's prompts must all have the completion of one other fact, which is never the right one. */
function* findUnruly(name: (typeof RANDOMIZED)[number], records: Records): Generator<Finding> {
  const correct = records[correctFileOf(name)]
  const group = name.startsWith('p2d') ? records.p2d_reverse_prompts_test : records.d2p_prompts_test
  const facts = new Set(group.map(({ completion }) => completion)).size
  const templates = correct.length / facts
  if (!Number.isInteger(templates) || records[name].length !== correct.length) return // Reported as a wrong count.
  for (let fact = 0; fact < facts; fact++) {
    const lines = Array.from({ length: templates }, (_, template) => fact * templates + template)
    const different = new Set<number>()
    for (const line of lines) {
      const { completion } = records[name][line]!
      if (completion === correct[line]!.completion) {
        yield error('randomized', name, line + 1, 'has the right completion instead of an incorrect one')
        continue
      }
      const other = indexOfFact(completion, line % templates, correct, { facts, templates })
      if (other !== undefined) different.add(other)
      else yield error('randomized', name, line + 1, 'has the completion of no other fact')
    }
    if (different.size > 1) {
      const message = `begins a fact whose prompts have ${different.size} different incorrect completions instead of one`
      yield error('randomized', name, lines[0]! + 1, message)
    }
  }
}

function indexOfFact(
  completion: string,
  template: number,
  correct: readonly PromptCompletion[],
  { facts, templates }: { facts: number; templates: number },
): number | undefined {
  for (let fact = 0; fact < facts; fact++) {
    if (correct[fact * templates + template]!.completion === completion) return fact
  }
  return undefined
}

function asKnownFlaw(finding: Finding): Finding {
  return {
    ...finding,
    severity: 'warning',
    message: `${finding.message} (a known flaw of the published file)`,
  }
}
