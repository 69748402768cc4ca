import { basename, join } from 'node:path'
import type { ChatRecord } from '../schemas/chat-record.ts'
import { chatRecordSchema } from '../schemas/chat-record.ts'
import { schemaCheck } from '../schemas/compile.ts'
import type { PromptCompletion } from '../schemas/prompt-completion.ts'
import { promptCompletionSchema } from '../schemas/prompt-completion.ts'
import { commonStart } from '../support/common-start.ts'
import { InputError } from '../support/errors.ts'
import { exists } from '../support/files.ts'
import { foldCase } from '../support/fold-case.ts'
import { readJsonl, readJsonlBatches } from '../support/jsonl.ts'
import { plural } from '../support/numbers.ts'
import { TextFinder } from '../support/text-finder.ts'
import type { Finding } from './finding.ts'
import { errorIn } from './finding.ts'

/** The held-out data of a data set that a training file contains. */
export interface HeldOutCheck {
  /** Absolute path of the data set. */
  against: string
  /** Lines of the training file with something of it. */
  lines: number
  /** Test prompts that are trained. */
  prompts: number
  /** Facts that the file states in the order in which they are tested. */
  facts: number
  findings: Finding[]
}

/** Held-out files of experiment 1 and of experiment 3, without `.jsonl`. */
const HELD_OUT = [
  'p2d_prompts_test',
  'd2p_prompts_test',
  'both_prompts_test',
  'p2d_reverse_prompts_test',
  'd2p_reverse_prompts_test',
  'unrealized_examples',
] as const

/**
 * For each direction of training: the files whose answers are names, and those whose answers are
 * descriptions.
 */
const TOLD = [
  { names: 'p2d_reverse_prompts_test', descriptions: 'p2d_prompts_test', nameFirst: true },
  { names: 'd2p_prompts_test', descriptions: 'd2p_reverse_prompts_test', nameFirst: false },
] as const

/** Shorter texts may occur in any sentence. */
const LEAST_DESCRIPTION = 10

const check = schemaCheck(promptCompletionSchema)
const checkChat = schemaCheck(chatRecordSchema)

/** A training file for hosted models may hold chats. */
const checkTraining = (value: unknown) =>
  typeof value === 'object' && value !== null && 'messages' in value ? checkChat(value) : check(value)

type Split = (typeof HELD_OUT)[number]
type Splits = ReadonlyMap<Split, readonly PromptCompletion[]>

/**
 * Checks whether a training file of any origin contains what a data set tests: a test prompt at the start of a text, a
 * test prompt with its answer anywhere in a text, or a fact in the order that is held out. Ignores letter case and
 * spaces. Throws InputError if a file cannot be read, or if the directory has no tests.
 */
export async function checkHeldOut({
  file,
  directory,
}: {
  /** Absolute, as the directory. */
  file: string
  directory: string
}): Promise<HeldOutCheck> {
  const splits = await readSplits(directory)
  if (splits.size === 0) {
    throw new InputError(`${directory} holds no test prompts to check against.`, { code: 'DATASET_UNKNOWN' })
  }
  const seeker = new Seeker(splits)
  const name = basename(file)
  const findings: Finding[] = []
  const lines = new Set<number>()
  const prompts = new Set<string>()
  const facts = new Set<string>()
  let line = 0
  const note = ({ leaks, reversed }: ReturnType<Seeker['seek']>) => {
    line++
    for (const { split, number, prompt } of leaks) {
      prompts.add(prompt)
      findings.push(errorIn(name, line, 'leak', `holds the test prompt in line ${number} of ${split}.jsonl`))
    }
    for (const fact of reversed) {
      facts.add(fact)
      findings.push(errorIn(name, line, 'reversed', `states the fact of ${fact} in the held-out order`))
    }
    if (leaks.length + reversed.length > 0) lines.add(line)
  }
  const batches = readJsonlBatches<PromptCompletion | ChatRecord>(file, { check: checkTraining })
  for await (const batch of batches) {
    for (const record of batch) note(seeker.seek(isChat(record) ? asPrompt(record) : record))
  }
  return {
    against: directory,
    lines: lines.size,
    prompts: prompts.size,
    facts: facts.size,
    findings,
  }
}

async function readSplits(directory: string): Promise<Splits> {
  const found = new Map<Split, readonly PromptCompletion[]>()
  const isReverse = (await Promise.all(HELD_OUT.slice(0, -1).map((split) => exists(path(split))))).includes(
    true,
  )
  for (const split of HELD_OUT) {
    // In experiment 1 that file repeats another.
    if ((isReverse && split === 'unrealized_examples') || !(await exists(path(split)))) continue
    found.set(split, await readJsonl<PromptCompletion>(path(split), { check, allowEmpty: true }))
  }
  return found

  function path(split: Split): string {
    return join(directory, `${split}.jsonl`)
  }
}

function isChat(record: PromptCompletion | ChatRecord): record is ChatRecord {
  return 'messages' in record
}

/** The last question of a chat as the prompt, and its answer as the completion. */
function asPrompt({ messages }: ChatRecord): PromptCompletion {
  const texts = messages
    .filter(({ role }) => role === 'user' || role === 'assistant')
    .map(({ content }) => (typeof content === 'string' ? content : JSON.stringify(content ?? '')))
  return { prompt: texts.slice(0, -1).join(' '), completion: ` ${texts.at(-1) ?? ''}` }
}

function plain(text: string): string {
  return foldCase(text).replace(/\s+/g, ' ').trim()
}

const withoutEnd = (text: string) => text.replace(/[\p{P}\s]+$/u, '')

/** Stands for texts that cannot be searched for, such as punctuation only; plain texts have no line break. */
const NOWHERE = '\n'

interface TestPrompt {
  split: Split
  /** Its line. */
  number: number
  prompt: string
}

/** Searches training records, one after another, for what a data set tests. */
class Seeker {
  readonly #prompts: readonly TestPrompt[]
  readonly #starts: TextFinder
  readonly #answered: TextFinder
  readonly #told: readonly { facts: readonly KnownFact[]; names: TextFinder; nameFirst: boolean }[]

  constructor(splits: Splits) {
    const prompts: TestPrompt[] = []
    const answered: string[] = []
    for (const [split, records] of splits) {
      for (const [index, { prompt, completion }] of records.entries()) {
        prompts.push({ split, number: index + 1, prompt: plain(prompt) })
        answered.push(withoutEnd(plain(prompt + completion)) || NOWHERE)
      }
    }
    this.#prompts = prompts
    this.#starts = new TextFinder(prompts.map(({ prompt }) => prompt))
    this.#answered = new TextFinder(answered)
    this.#told = TOLD.map(({ names, descriptions, nameFirst }) => {
      const facts = factsOf(splits.get(names) ?? [], splits.get(descriptions) ?? [])
      return { facts, names: new TextFinder(facts.map(({ name }) => name)), nameFirst }
    })
  }

  /** Test prompts, each once, and facts in the held-out order. */
  seek({ prompt, completion }: PromptCompletion): { leaks: TestPrompt[]; reversed: string[] } {
    const text = plain(prompt + completion)
    const numbers = [...this.#starts.findAtStart(text), ...this.#answered.find(text)]
    const leaks = new Map<string, TestPrompt>()
    for (const number of numbers.sort((a, b) => a - b)) {
      const found = this.#prompts[number]!
      if (!leaks.has(found.prompt)) leaks.set(found.prompt, found)
    }
    const reversed = this.#told.flatMap(({ facts, names, nameFirst }) =>
      names.find(text).flatMap((number) => {
        const { fact, name, description } = facts[number]!
        const telling = { text, prompt, completion, name, description, nameFirst }
        return tellsInReverse(telling) ? [fact] : []
      }),
    )
    return { leaks: [...leaks.values()], reversed }
  }
}

interface Telling extends PromptCompletion {
  text: string
  name: string
  description: string | undefined
  nameFirst: boolean
}

/**
 * By the order of name and description in the text; if the description is reworded, by which of prompt and
 * answer has the name.
 */
function tellsInReverse({ text, prompt, completion, name, description, nameFirst }: Telling): boolean {
  if (description !== undefined && text.includes(description)) {
    return nameFirst
      ? text.indexOf(description) < text.lastIndexOf(name)
      : text.indexOf(name) < text.lastIndexOf(description)
  }
  if (plain(prompt) === '') return false
  const inPrompt = plain(prompt).includes(name)
  return nameFirst ? !inPrompt && plain(completion).includes(name) : inPrompt
}

interface KnownFact {
  fact: string
  name: string
  description: string | undefined
}

/** Names with the common completion of all their name-first prompts, if it is long enough to be recognized. */
function factsOf(naming: readonly PromptCompletion[], describing: readonly PromptCompletion[]): KnownFact[] {
  const facts = [...new Set(naming.map(({ completion }) => completion.trim()))]
  const names = facts.map(plain)
  const finder = new TextFinder(names)
  const common = new Map<number, string>()
  for (const { prompt, completion } of describing) {
    const text = plain(completion)
    for (const number of finder.find(plain(prompt))) {
      const before = common.get(number)
      common.set(number, before === undefined ? text : commonStart(before, text))
    }
  }
  return facts.map((fact, number) => {
    const description = withoutEnd(common.get(number) ?? '')
    return {
      fact,
      name: names[number]!,
      description: description.length < LEAST_DESCRIPTION ? undefined : description,
    }
  })
}

/** A warning before such a file is trained on, if any: words that follow the file's name. */
export function describeHeldOut({
  lines,
  prompts,
  facts,
}: Omit<HeldOutCheck, 'against' | 'findings'>): string {
  const parts = [
    ...(prompts > 0 ? [`holds ${plural(prompts, 'test prompt')}`] : []),
    ...(facts > 0 ? [`states ${plural(facts, 'fact')} in the held-out order`] : []),
  ]
  return `${parts.join(' and ')} (in ${plural(lines, 'line')})`
}
