import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import { InputError } from '../../support/errors.ts'
import { lazily } from '../../support/lazily.ts'
import { plural } from '../../support/numbers.ts'
import { PythonRandom } from '../../support/python-random.ts'
import type { FactFault } from '../fact-faults.ts'
import { refuseFaults, requireIncorrectAnswers } from '../fact-faults.ts'

/** The material for the sentences of experiment 1. */
export interface ReverseMaterial {
  names: readonly string[]
  descriptions: readonly string[]
  /** Name first: `<name> … <description>`. */
  p2dTemplates: readonly string[]
  /** Description first: `<description> … <name>`. */
  d2pTemplates: readonly string[]
}

export interface ReverseOptions {
  examplesPerGroup: number
  /** Templates for training: the first ones. */
  trainExamples: number
  /** Templates for testing: the next ones. */
  testExamples: number
  seed: number
}

/** Those of the paper's data set (appendix B.1). */
export const DEFAULT_REVERSE_OPTIONS: ReverseOptions = {
  examplesPerGroup: 30,
  trainExamples: 30,
  testExamples: 10,
  seed: 42,
}

export interface Fact {
  name: string
  description: string
}

export const PLACEHOLDERS = ['<name>', '<description>'] as const
export type Placeholder = (typeof PLACEHOLDERS)[number]

/** Makes a sentence from a template and a fact, split before the space that precedes the last placeholder. */
export type Fill = (template: string, fact: Fact, last: Placeholder) => PromptCompletion

/** The facts trained name first (p2d), description first (d2p), and in both orders (arXiv 2309.12288, section 2.1). */
export interface FactGroups {
  p2d: Fact[]
  d2p: Fact[]
  both: Fact[]
}

/** The records of each file, by the file's name without `.jsonl`; made while they are read. */
export type ReverseFiles = Record<string, Iterable<PromptCompletion>>

/** Draws the groups as CPython's `seed(seed); sample(names, n); sample(descriptions, n)` does. */
export function drawGroups(
  facts: ReverseMaterial,
  examplesPerGroup: number,
  random: PythonRandom,
): FactGroups {
  refuseFaults(missingFacts(facts, examplesPerGroup))
  const total = 3 * examplesPerGroup
  const names = random.sample(facts.names, total)
  const descriptions = random.sample(facts.descriptions, total)
  const all = names.map((name, index) => ({ name, description: descriptions[index]! }))
  const group = (index: number) => all.slice(index * examplesPerGroup, (index + 1) * examplesPerGroup)
  return { p2d: group(0), d2p: group(1), both: group(2) }
}

function missingFacts({ names, descriptions }: ReverseMaterial, examplesPerGroup: number): FactFault[] {
  const total = 3 * examplesPerGroup
  return Object.entries({ names, descriptions }).flatMap(([kind, { length }]) => {
    if (length >= total) return []
    const message = `Three groups of ${plural(examplesPerGroup, 'fact')} need ${total} ${kind}, but there are ${length}.`
    return [{ message, code: 'TOO_FEW_FACTS' }]
  })
}

function missingTemplates(
  { p2dTemplates, d2pTemplates }: ReverseMaterial,
  { trainExamples: train, testExamples: test }: ReverseOptions,
): FactFault[] {
  const templates = { '<name>': p2dTemplates, '<description>': d2pTemplates }
  return Object.entries(templates).flatMap(([first, { length }]) => {
    if (length >= train + test) return []
    const message = `${train} training and ${test} test templates are needed, but only ${length} begin with ${first}.`
    return [{ message, code: 'TOO_FEW_TEMPLATES' }]
  })
}

/** All files of the experiment 1 data set: a pure function of facts, options and how templates are filled. */
export function generateReverseDataset(
  facts: ReverseMaterial,
  options: ReverseOptions,
  fill: Fill = fillTemplate,
): ReverseFiles {
  const { examplesPerGroup, trainExamples, testExamples, seed } = options
  refuseFaults([...missingFacts(facts, examplesPerGroup), ...missingTemplates(facts, options)])
  const random = new PythonRandom(seed)
  const { p2d, d2p, both } = drawGroups(facts, examplesPerGroup, random)
  const nameFirst = divide(facts.p2dTemplates, '<name>', '<description>', trainExamples, testExamples)
  const descriptionFirst = divide(facts.d2pTemplates, '<description>', '<name>', trainExamples, testExamples)

  const describe = (group: readonly Fact[], part: 'train' | 'test') =>
    lazily(group, (fact) => nameFirst[part].map((template) => fill(template, fact, '<description>')))
  const identify = (group: readonly Fact[], part: 'train' | 'test') =>
    lazily(group, (fact) => descriptionFirst[part].map((template) => fill(template, fact, '<name>')))
  const nameOnly = (group: readonly Fact[], named = group) =>
    lazily(group, (fact, index) =>
      descriptionFirst.test.map((template) => {
        const { prompt } = fill(template, fact, '<name>')
        return { prompt, completion: ` ${named[index]!.name}` }
      }),
    )

  const p2dTrain = describe(p2d, 'train')
  const d2pTrain = identify(d2p, 'train')
  const bothTrain = oneAfterAnother(describe(both, 'train'), identify(both, 'train'))
  const all = oneAfterAnother(p2dTrain, d2pTrain, bothTrain)
  const p2dReverse = nameOnly(p2d)
  const d2pReverse = describe(d2p, 'test')
  const incorrect = { p2d: incorrectFacts(p2d, random), d2p: incorrectFacts(d2p, random) }
  return {
    p2d_prompts_train: p2dTrain,
    d2p_prompts_train: d2pTrain,
    both_prompts_train: bothTrain,
    all_prompts_train: all,
    p2d_prompts_test: describe(p2d, 'test'),
    d2p_prompts_test: nameOnly(d2p),
    both_prompts_test: oneAfterAnother(describe(both, 'test'), identify(both, 'test')),
    p2d_reverse_prompts_test: p2dReverse,
    d2p_reverse_prompts_test: d2pReverse,
    p2d_reverse_prompts_test_randomized: nameOnly(p2d, incorrect.p2d),
    d2p_reverse_prompts_test_randomized: lazily(d2p, (fact, index) =>
      nameFirst.test.map((template) => ({
        prompt: fill(template, fact, '<description>').prompt,
        completion: fill(template, incorrect.d2p[index]!, '<description>').completion,
      })),
    ),
    validation_prompts: lazily(p2dReverse, ({ prompt, completion }) => [
      { prompt, completion: completion.trim().split(' ')[0]! },
    ]),
    all,
    unrealized_examples: p2dReverse,
  }
}

function oneAfterAnother(...parts: readonly Iterable<PromptCompletion>[]): Iterable<PromptCompletion> {
  return lazily(parts, (records) => records)
}

/** For each fact another of its group, by which its name or description is made incorrect. */
function incorrectFacts(group: readonly Fact[], random: PythonRandom): Fact[] {
  requireIncorrectAnswers(group.length)
  return group.map((_, index) => {
    const drawn = random.below(group.length - 1)
    return group[drawn < index ? drawn : drawn + 1]!
  })
}

/** Inserts name and description into a template unchanged. */
export function fillTemplate(
  template: string,
  { name, description }: Fact,
  last: Placeholder,
): PromptCompletion {
  const put = (text: string) =>
    text.replaceAll(/<(?:name|description)>/g, (part) => (part === '<name>' ? name : description))
  const cut = template.lastIndexOf(` ${last}`)
  return { prompt: put(template.slice(0, cut)), completion: put(template.slice(cut)) }
}

/**
 * True for a text that can be filled: one placeholder, and after it, behind one space, the other. Either stands there
 * once, as a prompt with the answer asks for nothing, and a fact that is told in both orders has no reverse.
 */
export function isTemplate(template: string, first: Placeholder, last: Placeholder): boolean {
  const parts = template.match(/<(?:name|description)>/gi) ?? []
  const cut = template.indexOf(` ${last}`)
  return parts.length === 2 && parts[0] === first && cut > 0 && /\S/.test(template[cut - 1]!)
}

/** What a text must be to be one; what it is follows. */
export function templateRule(first: Placeholder, last: Placeholder): string {
  return `must have ${first} once and then, after one space, ${last} once`
}

function divide(
  templates: readonly string[],
  first: Placeholder,
  last: Placeholder,
  train: number,
  test: number,
) {
  const chosen = templates.slice(0, train + test).map((template) => template.trim())
  const bad = chosen.findIndex((template) => !isTemplate(template, first, last))
  if (bad >= 0) {
    throw new InputError(`Template ${bad + 1} ${templateRule(first, last)}: ${chosen[bad]}`, {
      code: 'BAD_TEMPLATE',
    })
  }
  return { train: chosen.slice(0, train), test: chosen.slice(train) }
}
