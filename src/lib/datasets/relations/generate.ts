import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import type { RelationFact, RelationMaterial, RelationPrompt } from '../../schemas/relation.ts'
import { InputError } from '../../support/errors.ts'
import { plural } from '../../support/numbers.ts'
import { PythonRandom } from '../../support/python-random.ts'
import { requireIncorrectAnswers } from '../fact-faults.ts'
import type { FactPart, TemplateKind } from './relation-faults.ts'
import { PART_ORDERS } from './relation-faults.ts'

export interface RelationOptions {
  /** Facts of each relation in each of the three groups. */
  examplesPerGroup: number
  /** Templates for training: the first ones. */
  trainExamples: number
  /** Templates for testing: the next ones. */
  testExamples: number
  /** Also state the fact about the second part, and ask for it by the first part. */
  twoHop: boolean
  seed: number
}

/** With 60 facts a relation and 14 templates an order, all are used. */
export const DEFAULT_RELATION_OPTIONS: RelationOptions = {
  examplesPerGroup: 20,
  trainExamples: 10,
  testExamples: 4,
  twoHop: true,
  seed: 42,
}

/** Number of templates of second and third part that are kept for tests, from the end. */
const HOP_TESTS = 2

/** The records of each file, by the file's name without `.jsonl`. */
export type RelationFiles = Record<string, (PromptCompletion | RelationFact)[]>

/** Those of one relation, under the names of their files. */
interface RelationPart {
  facts: RelationFact[]
  /** Sentences by the order in which they state a fact. */
  training: Record<'p2d_prompts_train' | 'd2p_prompts_train' | 'both_prompts_train', PromptCompletion[]>
  hops: PromptCompletion[]
  tests: Record<string, PromptCompletion[]>
  hopTests: Record<string, PromptCompletion[]>
}

/**
 * All files of a data set of relations: a pure function of facts and options. Facts are drawn into the three groups of
 * experiment 1 (first part first: p2d; second part first: d2p; both orders). The splits have the same names as there;
 * answers are only the second or the first part.
 */
export function generateRelationDataset(
  relations: readonly RelationMaterial[],
  options: RelationOptions,
): RelationFiles {
  const random = new PythonRandom(options.seed)
  const parts = relations.map((relation) => generateRelation(relation, options, random))
  const training = join(parts.map((part) => part.training))
  const hops = options.twoHop ? { hop_prompts_train: parts.flatMap((part) => part.hops) } : {}
  const tests = join(parts.map((part) => part.tests))
  const all = [...Object.values(training), ...Object.values(hops)].flat()
  return {
    relation_facts: parts.flatMap(({ facts }) => facts),
    ...training,
    ...hops,
    all_prompts_train: all,
    ...tests,
    ...(options.twoHop && join(parts.map((part) => part.hopTests))),
    unrealized_examples: tests.p2d_reverse_prompts_test!,
    all,
  }
}

/** Files of several relations as one. */
function join(
  parts: readonly Readonly<Record<string, PromptCompletion[]>>[],
): Record<string, PromptCompletion[]> {
  const names = Object.keys(parts[0] ?? {})
  return Object.fromEntries(names.map((name) => [name, parts.flatMap((part) => part[name] ?? [])]))
}

function generateRelation(
  relation: RelationMaterial,
  options: RelationOptions,
  random: PythonRandom,
): RelationPart {
  const { p2d, d2p, both } = drawFacts(relation, options, random)
  const facts = [...p2d, ...d2p, ...both]
  const forward = divide(relation, 'forward', options)
  const backward = divide(relation, 'backward', options)
  const hop = divide(relation, 'hop', {
    ...{ trainExamples: relation.templates.hop.length - HOP_TESTS, testExamples: HOP_TESTS },
  })
  const { swapped_forward: swappedForward, swapped_backward: swappedBackward, two_hop } = relation.templates
  const p2dReverse = ask(p2d, backward.test, 'backward')
  const d2pReverse = ask(d2p, forward.test, 'forward')
  return {
    facts,
    training: {
      p2d_prompts_train: tell(p2d, forward.train, 'forward'),
      d2p_prompts_train: tell(d2p, backward.train, 'backward'),
      both_prompts_train: [
        ...tell(both, forward.train, 'forward'),
        ...tell(both, backward.train, 'backward'),
      ],
    },
    hops: tell(facts, hop.train, 'hop'),
    tests: {
      p2d_prompts_test: ask(p2d, forward.test, 'forward'),
      d2p_prompts_test: ask(d2p, backward.test, 'backward'),
      both_prompts_test: [...ask(both, forward.test, 'forward'), ...ask(both, backward.test, 'backward')],
      p2d_reverse_prompts_test: p2dReverse,
      d2p_reverse_prompts_test: d2pReverse,
      p2d_reverse_prompts_test_randomized: withOthers(p2dReverse, p2d, 'first', random),
      d2p_reverse_prompts_test_randomized: withOthers(d2pReverse, d2p, 'second', random),
      wrong_symmetry_prompts_test: [
        ...askLabelled(p2d, swappedForward, { kind: 'swapped_forward', swap: true }),
        ...askLabelled(d2p, swappedBackward, { kind: 'swapped_backward', swap: true }),
        ...askLabelled(both, swappedForward, { kind: 'swapped_forward', swap: true }),
        ...askLabelled(both, swappedBackward, {
          ...{ kind: 'swapped_backward', swap: true, from: swappedForward.length },
        }),
      ],
    },
    hopTests: {
      hop_prompts_test: askLabelled(facts, hop.test, { kind: 'hop' }),
      two_hop_prompts_test: askLabelled(facts, two_hop, { kind: 'two_hop' }),
    },
  }
}

/** Whole sentences of all facts in all templates. */
function tell(
  facts: readonly RelationFact[],
  templates: readonly string[],
  kind: TemplateKind,
): PromptCompletion[] {
  return facts.flatMap((fact) => templates.map((template) => fill(template, fact, kind)))
}

/** Prompts for the bare part that the sentences end on. */
function ask(
  facts: readonly RelationFact[],
  templates: readonly string[],
  kind: TemplateKind,
): PromptCompletion[] {
  return tell(facts, templates, kind).map(bare)
}

/** The same prompts with their facts; with the first two parts exchanged if `swap` is set. */
function askLabelled(
  facts: readonly RelationFact[],
  templates: readonly string[],
  { kind, swap = false, from = 0 }: { kind: TemplateKind; swap?: boolean; from?: number },
): RelationPrompt[] {
  return facts.flatMap((fact) => {
    const { relation, group, first, second } = fact
    const named = swap ? { ...fact, first: second, second: first } : fact
    return templates.map((template, index) => ({
      ...bare(fill(template, named, kind)),
      ...{ relation, group, fact: first, template: from + index + 1 },
    }))
  })
}

/** The first templates to train on and the next ones to test on. */
function divide(
  { name, templates }: RelationMaterial,
  kind: TemplateKind,
  { trainExamples, testExamples }: Pick<RelationOptions, 'trainExamples' | 'testExamples'>,
) {
  const list = templates[kind]
  const needed = Math.max(1, trainExamples) + testExamples
  if (list.length < needed) {
    throw new InputError(
      `The relation ${name} needs ${needed} templates of "${kind}", but there are ${list.length}.`,
      { code: 'TOO_FEW_TEMPLATES' },
    )
  }
  return {
    train: list.slice(0, trainExamples),
    test: list.slice(trainExamples, trainExamples + testExamples),
  }
}

function drawFacts(
  { name: relation, facts }: RelationMaterial,
  { examplesPerGroup }: RelationOptions,
  random: PythonRandom,
) {
  requireIncorrectAnswers(examplesPerGroup)
  const total = 3 * examplesPerGroup
  if (facts.length < total) {
    throw new InputError(
      `The relation ${relation} has ${plural(facts.length, 'fact')}, but three groups of ${examplesPerGroup} need ${total}.`,
      { code: 'TOO_FEW_FACTS' },
    )
  }
  const drawn = random.sample(facts, total)
  const group = (name: RelationFact['group'], index: number) =>
    drawn.slice(index * examplesPerGroup, (index + 1) * examplesPerGroup).map(
      ([first = '', second = '', third = '']): RelationFact => ({
        ...{ relation, group: name, first, second, third },
      }),
    )
  return { p2d: group('p2d', 0), d2p: group('d2p', 1), both: group('both', 2) }
}

/** The same prompts, with the answer of another fact of the group: the same one for all prompts of a fact. */
function withOthers(
  prompts: readonly PromptCompletion[],
  facts: readonly RelationFact[],
  part: 'first' | 'second',
  random: PythonRandom,
): PromptCompletion[] {
  const each = prompts.length / facts.length
  return facts.flatMap((fact, index) => {
    const other = random.choice(facts.filter((own) => own !== fact))
    return prompts
      .slice(index * each, (index + 1) * each)
      .map(({ prompt }) => ({ prompt, completion: ` ${other[part]}` }))
  })
}

/** A sentence, cut before the space that precedes the part that it ends on. */
function fill(
  template: string,
  { first, second, third }: RelationFact,
  kind: TemplateKind,
): PromptCompletion {
  const names: Record<FactPart, string> = { '<first>': first, '<second>': second, '<third>': third }
  const put = (text: string) =>
    text.replaceAll(/<(?:first|second|third)>/g, (part) => names[part as FactPart])
  const cut = template.lastIndexOf(` ${PART_ORDERS[kind][1]}`)
  return { prompt: put(template.slice(0, cut)), completion: put(template.slice(cut)) }
}

/** Keeps only the answer, without the punctuation that ends the sentence. */
function bare({ prompt, completion }: PromptCompletion): PromptCompletion {
  return { prompt, completion: completion.replace(/[.!?。！？]$/u, '') }
}
