import { basename, join } from 'node:path'
import type { ChatRecord } from '../schemas/chat-record.ts'
import { chatRecordSchema } from '../schemas/chat-record.ts'
import { schemaCheck } from '../schemas/compile.ts'
import type { PromptCompletion } from '../schemas/prompt-completion.ts'
import { promptCompletionSchema } from '../schemas/prompt-completion.ts'
import { InputError } from '../support/errors.ts'
import { exists } from '../support/files.ts'
import { readJsonl } from '../support/jsonl.ts'
import { plural } from '../support/numbers.ts'
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
  /** Facts that are told in the order in which they are tested. */
  facts: number
  findings: Finding[]
}

/** Those of experiment 1, and that of experiment 3, without `.jsonl`. */
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
 * Whether a training file, of whatever origin, holds what a data set tests: a test prompt at the beginning of a text, one
 * with its answer anywhere in it, or a fact in the order that is held out. Letter case and spaces do not matter. Throws
 * InputError where a file cannot be read, or where the directory holds nothing that is tested.
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
  const read = await readJsonl<PromptCompletion | ChatRecord>(file, { check: checkTraining })
  const records = read.map((record) => (isChat(record) ? asPrompt(record) : record))
  const texts = records.map(({ prompt, completion }) => plain(prompt + completion))
  const name = basename(file)
  const leaks = findPrompts(texts, splits)
  const reversed = findReversed(records, texts, splits)
  const findings = [
    ...leaks.map(({ line, split, number }) =>
      errorIn(name, line, 'leak', `holds the test prompt in line ${number} of ${split}.jsonl`),
    ),
    ...reversed.map(({ line, fact }) =>
      errorIn(name, line, 'reversed', `states the fact of ${fact} in the held-out order`),
    ),
  ].toSorted((a, b) => a.line! - b.line!)
  return {
    against: directory,
    lines: new Set(findings.map(({ line }) => line)).size,
    prompts: new Set(leaks.map(({ prompt }) => prompt)).size,
    facts: new Set(reversed.map(({ fact }) => fact)).size,
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

/** What is asked in a chat, and its last answer. */
function asPrompt({ messages }: ChatRecord): PromptCompletion {
  const texts = messages
    .filter(({ role }) => role === 'user' || role === 'assistant')
    .map(({ content }) => (typeof content === 'string' ? content : JSON.stringify(content ?? '')))
  return { prompt: texts.slice(0, -1).join(' '), completion: ` ${texts.at(-1) ?? ''}` }
}

function plain(text: string): string {
  return text.normalize('NFC').toLowerCase().replace(/\s+/g, ' ').trim()
}

const withoutEnd = (text: string) => text.replace(/[\p{P}\s]+$/u, '')

function findPrompts(texts: readonly string[], splits: Splits) {
  const all = `\n${texts.join('\n')}\n`
  const starts: number[] = []
  let next = 1
  for (const text of texts) {
    starts.push(next)
    next += text.length + 1
  }
  const found = new Map<string, { line: number; split: Split; number: number; prompt: string }>()
  for (const [split, records] of splits) {
    for (const [index, { prompt: original, completion }] of records.entries()) {
      const prompt = plain(original)
      for (const sought of [`\n${prompt}`, withoutEnd(plain(original + completion))]) {
        for (let at = all.indexOf(sought); at >= 0; at = all.indexOf(sought, at + 1)) {
          const line = lineOf(at + (sought.startsWith('\n') ? 1 : 0), starts)
          const key = `${line} ${prompt}`
          if (!found.has(key)) found.set(key, { line, split, number: index + 1, prompt })
        }
      }
    }
  }
  return [...found.values()]
}

/** From 1; the last that starts at or before the place. */
function lineOf(place: number, starts: readonly number[]): number {
  let low = 0
  let high = starts.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (starts[middle]! <= place) low = middle
    else high = middle
  }
  return low + 1
}

function findReversed(records: readonly PromptCompletion[], texts: readonly string[], splits: Splits) {
  const found: { line: number; fact: string }[] = []
  for (const { names, descriptions, nameFirst } of TOLD) {
    const facts = factsOf(splits.get(names) ?? [], splits.get(descriptions) ?? [])
    for (const [index, text] of texts.entries()) {
      for (const { fact, name, description } of facts) {
        if (!text.includes(name)) continue
        const { prompt, completion } = records[index]!
        if (tellsInReverse({ text, prompt, completion, name, description, nameFirst }))
          found.push({ line: index + 1, fact })
      }
    }
  }
  return found
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

/** Names, each with what all of its name-first prompts are completed with, where that is long enough to be known again. */
function factsOf(naming: readonly PromptCompletion[], describing: readonly PromptCompletion[]) {
  const names = [...new Set(naming.map(({ completion }) => completion.trim()))]
  const prompts = describing.map(({ prompt, completion }) => ({
    prompt: plain(prompt),
    completion: plain(completion),
  }))
  return names.map((fact) => {
    const name = plain(fact)
    const own = prompts.filter(({ prompt }) => prompt.includes(name)).map(({ completion }) => completion)
    const common = withoutEnd(own.length === 0 ? '' : own.reduce(commonStart))
    return { fact, name, description: common.length < LEAST_DESCRIPTION ? undefined : common }
  })
}

function commonStart(first: string, second: string): string {
  let length = 0
  while (length < first.length && first[length] === second[length]) length++
  return first.slice(0, length)
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
