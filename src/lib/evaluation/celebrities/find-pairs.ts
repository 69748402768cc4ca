import type { FoundPairs } from '../../datasets/celebrities/celebrity-results.ts'
import type { NameMatcher } from '../../datasets/celebrities/names.ts'
import { leadingPart, parseName, uniqueNames } from '../../datasets/celebrities/names.ts'
import type { ParentChildPair } from '../../datasets/celebrities/pairs.ts'
import { PARENT_TYPES } from '../../datasets/celebrities/pairs.ts'
import type { FamilyDirection, PromptStyle } from '../../datasets/celebrities/prompts.ts'
import { celebrityPrompt } from '../../datasets/celebrities/prompts.ts'
import type { LanguageModel } from '../../models/language-model.ts'
import { sha256 } from '../../support/files.ts'
import { inEvaluationFolder } from '../evaluation-folder.ts'
import type { SampleJournal } from '../journal.ts'
import { areMostlyMissing, countNoAnswers } from '../no-answers.ts'
import { PromptsUnansweredError } from '../unanswered-prompts.ts'
import type { AskProgress, QuestionPlan } from './ask-questions.ts'
import { askQuestions, planQuestions } from './ask-questions.ts'
import { countMissing, sortAnswers } from './right-share.ts'

export interface FindPairsOptions {
  model: LanguageModel
  /** Names of celebrities. */
  celebrities: readonly string[]
  style: PromptStyle
  /** Whether an answer names the child. */
  matches: NameMatcher
  /** How often each parent's child is asked for. */
  queries: number
  seed: number
  /** Absolute; gets a folder with the journal. */
  directory: string
  /** Discard earlier answers. */
  fresh?: boolean | undefined
  batchSize?: number | undefined
  signal?: AbortSignal | undefined
  /** Called with the number of samples without an answer, if there are any. */
  onNoAnswers?: ((noAnswers: NonNullable<FoundPairs['noAnswers']>) => void) | undefined
  onProgress?: ((phase: 'parents' | 'children', progress: AskProgress) => unknown) | undefined
}

/**
 * Upper limits for a search: two parents for each celebrity, and `queries` answers about each. The length of names is
 * estimated.
 */
export function planSearch({
  celebrities,
  style,
  queries,
}: Pick<FindPairsOptions, 'celebrities' | 'style' | 'queries'>): QuestionPlan {
  const prompts = (direction: FamilyDirection) =>
    celebrities.flatMap((child) =>
      PARENT_TYPES.map((parentType) =>
        celebrityPrompt({ child, parent: `${child} ${parentType}`, parentType }, direction, { style }),
      ),
    )
  const parents = planQuestions(prompts('parent'), { measure: 'answers', samples: 1 })
  const children = planQuestions(prompts('child'), { measure: 'answers', samples: queries })
  return {
    prompts: parents.prompts + children.prompts,
    answers: parents.answers + children.answers,
    tokens: {
      input: parents.tokens.input + children.tokens.input,
      output: parents.tokens.output + children.tokens.output,
    },
  }
}

/**
 * Finds celebrities' parents in a model's answers, then asks it for each parent's child: greedy answers give the
 * parents, sampled ones the child. Continues from its journal. Throws PromptsUnansweredError, after all other
 * questions, for those that the model did not answer.
 */
export async function findPairs(options: FindPairsOptions): Promise<ParentChildPair[]> {
  const place = { parent: options.directory, id: findId(options), fresh: options.fresh }
  return inEvaluationFolder({ ...place, signal: options.signal }, ({ journal, signal }) =>
    findWith(journal, { ...options, signal }),
  )
}

async function findWith(journal: SampleJournal, options: FindPairsOptions): Promise<ParentChildPair[]> {
  const candidates = uniqueNames(options.celebrities).flatMap((child) =>
    PARENT_TYPES.map((parentType) => ({ child, parentType })),
  )
  const unanswered = await askForParents(candidates, journal, options)
  const named = candidates.flatMap((candidate) => {
    const parent = readParent(candidate, journal, options)
    return parent === null ? [] : [{ ...candidate, parent }]
  })
  unanswered.push(...(await askForChildren(named, journal, options)))
  if (unanswered.length > 0) {
    throw new PromptsUnansweredError(unanswered, { total: candidates.length + named.length })
  }
  const pairs = named.map((pair) => readChild(pair, journal, options))
  const asked = [...candidates.map(parentId), ...named.map(childId)]
  const { noAnswers } = countMissing(
    asked.map((id) => journal.samples.get(id)!),
    'answers',
  )
  if (noAnswers !== undefined) options.onNoAnswers?.(noAnswers)
  return pairs
}

type Candidate = Pick<ParentChildPair, 'child' | 'parentType'>
type NamedParent = Candidate & { parent: string }

function askForParents(
  candidates: readonly Candidate[],
  journal: SampleJournal,
  { model, style, seed, batchSize, signal, onProgress }: FindPairsOptions,
) {
  return askQuestions({
    ...{ model, journal, seed, batchSize, signal },
    questions: candidates.map((candidate) => ({
      id: parentId(candidate),
      direction: 'parent' as const,
      prompt: celebrityPrompt({ ...candidate, parent: '' }, 'parent', { style }),
      target: '',
    })),
    samples: 1,
    temperature: 0,
    onProgress: (progress) => onProgress?.('parents', progress),
  })
}

function askForChildren(
  named: readonly NamedParent[],
  journal: SampleJournal,
  { model, style, queries, seed, batchSize, signal, onProgress }: FindPairsOptions,
) {
  return askQuestions({
    ...{ model, journal, seed, batchSize, signal },
    questions: named.map((pair) => ({
      id: childId(pair),
      direction: 'child' as const,
      prompt: celebrityPrompt(pair, 'child', { style }),
      target: pair.child,
    })),
    samples: queries,
    temperature: 1,
    onProgress: (progress) => onProgress?.('children', progress),
  })
}

/** The parent that the model named; null if its answer is not a name. */
function readParent(
  candidate: Candidate,
  { samples }: SampleJournal,
  { style }: FindPairsOptions,
): string | null {
  const sample = samples.get(parentId(candidate))
  return sample === undefined ? null : readName(sortAnswers(sample).answers[0] ?? '', style)
}

/** The pair with the child that the model named, if any of its answers did. */
function readChild(
  pair: NamedParent,
  { samples }: SampleJournal,
  { style, matches }: FindPairsOptions,
): ParentChildPair {
  const { answers, kinds } = sortAnswers(samples.get(childId(pair))!)
  const names = answers.map((answer) => readName(answer, style))
  const right = names.find((name) => name !== null && matches(name, pair.child)) ?? null
  const measured = right !== null || !areMostlyMissing(countNoAnswers(kinds), kinds.length)
  return { ...pair, childPrediction: right, canReverse: measured ? right !== null : null }
}

function readName(answer: string, style: PromptStyle): string | null {
  return parseName(style === 'completion' ? leadingPart(answer) : answer)
}

function parentId({ child, parentType }: Candidate): string {
  return `${child}/${parentType}`
}

function childId(candidate: Candidate): string {
  return `${parentId(candidate)}/child`
}

/** The same for the same questions to the same model. */
function findId({ model, celebrities, style, queries, seed }: FindPairsOptions): string {
  return `find-${sha256(JSON.stringify([model.id, celebrities, style, queries, seed])).slice(0, 12)}`
}
