import { join } from 'node:path'
import { schemaCheck } from '../../schemas/compile.ts'
import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import { promptCompletionSchema } from '../../schemas/prompt-completion.ts'
import { sha256File } from '../../support/files.ts'
import { hashText } from '../../support/hash-text.ts'
import { readJsonlBatches } from '../../support/jsonl.ts'
import { NumberColumn } from '../../support/number-column.ts'
import { plural } from '../../support/numbers.ts'
import type { Finding } from '../finding.ts'
import { errorIn } from '../finding.ts'
import { visitFiles } from '../read-files.ts'
import { HELD_OUT_FILES, TRAINING } from './recognize.ts'
import { TrainedTests } from './trained-tests.ts'

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

/**
 * Files that must have no repeated lines, files whose completions must start with a space, and files that later rules
 * compare.
 */
const UNIQUE: readonly FileName[] = [...TRAINING, ...HELD_OUT_FILES]
const SPACED: readonly FileName[] = [...UNIQUE, ...RANDOMIZED]
const ANSWERED: readonly FileName[] = [...HELD_OUT_FILES, ...RANDOMIZED]
const BEGUN: readonly FileName[] = ['p2d_reverse_prompts_test', 'validation_prompts']

/**
 * What is remembered of a file: hashes of the texts in each line, as there may be millions. Not every file needs all of
 * them.
 */
interface Digest {
  prompts: NumberColumn
  completions: NumberColumn
  /** Hashes of completions in Unicode's normal form C. */
  normalCompletions: NumberColumn
  /** Hashes of prompts with the first words of their completions. */
  firstWords: NumberColumn
  /** Hashes of prompts with their completions in normal form C. */
  normal: NumberColumn
}

type Digests = Readonly<Record<FileName, Digest>>

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
 * Checks a data set of experiment 1. If a file is missing or a record cannot be read, rules that compare files are
 * skipped. Files are read once, as streams.
 */
export async function validateReverseDataset(
  directory: string,
  { trainingFile }: { trainingFile: string },
): Promise<Finding[]> {
  const digests = Object.fromEntries(FILES.map((name) => [name, newDigest()])) as unknown as Digests
  const spaces = Object.fromEntries(SPACED.map((name) => [name, [] as Finding[]]))
  const tests = new TrainedTests()
  const unread = await visitFiles<PromptCompletion, FileName>({
    directory,
    names: READ_FIRST.concat(FILES.filter((name) => !READ_FIRST.includes(name))),
    files: { all: trainingFile },
    check,
    visit: (record, name) => {
      const line = remember(record, name, digests[name])
      if (!isSpacedRight(record)) spaces[name]?.push(missingSpace(name, line))
      if (name === 'all') tests.seek(inNormalForm(record), line)
      else if (isHeldOut(name)) tests.add(inNormalForm(record), name, line)
    },
  })
  if (unread.length > 0) return unread
  let ruled = [
    ...(await findRepeats(directory, digests)),
    ...Object.values(spaces).flat(),
    ...findWrongCounts(digests),
    ...findDifferences(digests),
    ...tests.leaks(),
    ...tests.reversed,
  ]
  for (const name of RANDOMIZED) {
    const published = PUBLISHED_RANDOMIZED.has(await sha256File(path(directory, name)))
    const flaws = [...findUnruly(name, digests)]
    ruled = ruled.concat(published ? flaws.map(asKnownFlaw) : flaws)
  }
  return ruled
}

/** Read first, as the training file is searched for their contents. */
const READ_FIRST: readonly FileName[] = HELD_OUT_FILES

function isHeldOut(name: FileName): name is (typeof HELD_OUT_FILES)[number] {
  return READ_FIRST.includes(name)
}

function path(directory: string, name: FileName): string {
  return join(directory, `${name}.jsonl`)
}

function error(rule: string, name: FileName, line: number | undefined, message: string): Finding {
  return errorIn(`${name}.jsonl`, line, rule, message)
}

function newDigest(): Digest {
  return {
    prompts: new NumberColumn(),
    completions: new NumberColumn(),
    normalCompletions: new NumberColumn(),
    firstWords: new NumberColumn(),
    normal: new NumberColumn(),
  }
}

/** Returns the record's line. */
function remember({ prompt, completion }: PromptCompletion, name: FileName, digest: Digest): number {
  digest.prompts.push(hashText(prompt))
  digest.completions.push(hashText(completion))
  if (ANSWERED.includes(name)) digest.normalCompletions.push(hashText(completion.normalize('NFC')))
  if (BEGUN.includes(name)) digest.firstWords.push(hashText(`${completion.trim().split(' ')[0]}\n${prompt}`))
  if (UNIQUE.includes(name)) digest.normal.push(hashText(keyOf(inNormalForm({ prompt, completion }))))
  return digest.prompts.length
}

/** One text in two of Unicode's forms is one text. */
function inNormalForm({ prompt, completion }: PromptCompletion): PromptCompletion {
  return { prompt: prompt.normalize('NFC'), completion: completion.normalize('NFC') }
}

function keyOf({ prompt, completion }: PromptCompletion): string {
  return JSON.stringify([prompt, completion])
}

async function findRepeats(directory: string, digests: Digests): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const name of UNIQUE) {
    const hashes = Float64Array.from(digests[name].normal).sort()
    const twice = new Set(hashes.filter((hash, index) => index > 0 && hash === hashes[index - 1]))
    if (twice.size === 0) continue
    const lines = new Map<string, number>()
    let line = 0
    for await (const batch of readJsonlBatches<PromptCompletion>(path(directory, name), { check })) {
      for (const record of batch) {
        line++
        if (!twice.has(digests[name].normal.at(line - 1)!)) continue
        const key = keyOf(inNormalForm(record))
        const first = lines.get(key)
        if (first === undefined) lines.set(key, line)
        else findings.push(error('duplicate', name, line, `repeats line ${first}`))
      }
    }
  }
  return findings
}

/** Byte-pair tokens include the space before a word, so it belongs to the completion. */
function isSpacedRight({ prompt, completion }: PromptCompletion): boolean {
  return completion.startsWith(' ') && !prompt.endsWith(' ')
}

function missingSpace(name: FileName, line: number): Finding {
  const message = 'must have the space between prompt and completion at the start of the completion'
  return error('space', name, line, message)
}

function* findWrongCounts(digests: Digests): Generator<Finding> {
  const count = (name: FileName) => digests[name].prompts.length
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
function* findDifferences(digests: Digests): Generator<Finding> {
  const { all_prompts_train: train, p2d_reverse_prompts_test: reverse } = digests
  const training = TRAINING.map((name) => digests[name])
  const whole = ['prompts', 'completions'] as const
  yield* findDifference(digests, 'all_prompts_train', training, TRAINING.join(', '), whole)
  yield* findDifference(digests, 'all', [train], 'all_prompts_train', whole)
  yield* findDifference(digests, 'unrealized_examples', [reverse], 'p2d_reverse_prompts_test', whole)
  yield* findDifference(digests, 'validation_prompts', [reverse], 'p2d_reverse_prompts_test', ['firstWords'])
  for (const name of RANDOMIZED) {
    const source = correctFileOf(name)
    yield* findDifference(digests, name, [digests[source]], source, ['prompts'])
  }
}

function* findDifference(
  digests: Digests,
  name: FileName,
  expected: readonly Digest[],
  source: string,
  columns: readonly (keyof Digest)[],
): Generator<Finding> {
  const own = digests[name]
  const length = expected.reduce((sum, { prompts }) => sum + prompts.length, 0)
  if (own.prompts.length !== length) {
    yield error(
      'count',
      name,
      undefined,
      `has ${plural(own.prompts.length, 'line')} where ${source} has ${length}`,
    )
    return
  }
  let before = 0
  for (const part of expected) {
    for (let line = 0; line < part.prompts.length; line++) {
      if (columns.every((column) => own[column].at(before + line) === part[column].at(line))) continue
      yield error('copy', name, before + line + 1, `differs from the same line of ${source}`)
    }
    before += part.prompts.length
  }
}

function correctFileOf(name: (typeof RANDOMIZED)[number]) {
  return name === 'p2d_reverse_prompts_test_randomized'
    ? 'p2d_reverse_prompts_test'
    : 'd2p_reverse_prompts_test'
}

/** A fact's prompts must all have the completion of one other fact, which is never the right one. */
function* findUnruly(name: (typeof RANDOMIZED)[number], digests: Digests): Generator<Finding> {
  const own = digests[name].normalCompletions
  const correct = digests[correctFileOf(name)].normalCompletions
  const group = name.startsWith('p2d') ? digests.p2d_reverse_prompts_test : digests.d2p_prompts_test
  const facts = new Set(group.normalCompletions).size
  const templates = correct.length / facts
  if (!Number.isInteger(templates) || own.length !== correct.length) return // Reported as a wrong count.
  const factOf = Array.from({ length: templates }, () => new Map<number, number>())
  for (const [line, completion] of [...correct].entries()) {
    const known = factOf[line % templates]!
    if (!known.has(completion)) known.set(completion, Math.floor(line / templates))
  }
  for (let fact = 0; fact < facts; fact++) {
    const lines = Array.from({ length: templates }, (_, template) => fact * templates + template)
    const different = new Set<number>()
    for (const line of lines) {
      const completion = own.at(line)!
      if (completion === correct.at(line)) {
        yield error('randomized', name, line + 1, 'has the right completion instead of an incorrect one')
        continue
      }
      const other = factOf[line % templates]!.get(completion)
      if (other !== undefined) different.add(other)
      else yield error('randomized', name, line + 1, 'has the completion of no other fact')
    }
    if (different.size > 1) {
      const message = `begins a fact whose prompts have ${different.size} different incorrect completions instead of one`
      yield error('randomized', name, lines[0]! + 1, message)
    }
  }
}

function asKnownFlaw(finding: Finding): Finding {
  return {
    ...finding,
    severity: 'warning',
    message: `${finding.message} (a known flaw of the published file)`,
  }
}
