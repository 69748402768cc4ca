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
  const { model, style, matches, queries, seed, batchSize, signal, onProgress } = options
  const celebrities = uniqueNames(options.celebrities)
  const shared = { model, journal, seed, batchSize, signal }
  const readName = (answer: string) => parseName(style === 'completion' ? leadingPart(answer) : answer)

  const candidates = celebrities.flatMap((child) => PARENT_TYPES.map((parentType) => ({ child, parentType })))
  const unanswered = await askQuestions({
    ...shared,
    questions: candidates.map(({ child, parentType }) => ({
      id: parentId(child, parentType),
      direction: 'parent' as const,
      prompt: celebrityPrompt({ child, parent: '', parentType }, 'parent', { style }),
      target: '',
    })),
    samples: 1,
    temperature: 0,
    onProgress: (progress) => onProgress?.('parents', progress),
  })
  const named = candidates.flatMap(({ child, parentType }) => {
    const sample = journal.samples.get(parentId(child, parentType))
    const parent = sample === undefined ? null : readName(sortAnswers(sample).answers[0] ?? '')
    return parent === null ? [] : [{ child, parent, parentType }]
  })

  const unansweredChildren = await askQuestions({
    ...shared,
    questions: named.map((pair) => ({
      id: childId(pair.child, pair.parentType),
      direction: 'child' as const,
      prompt: celebrityPrompt(pair, 'child', { style }),
      target: pair.child,
    })),
    samples: queries,
    temperature: 1,
    onProgress: (progress) => onProgress?.('children', progress),
  })
  unanswered.push(...unansweredChildren)
  if (unanswered.length > 0) {
    throw new PromptsUnansweredError(unanswered, { total: candidates.length + named.length })
  }
  const pairs = named.map((pair) => {
    const { answers, kinds } = sortAnswers(journal.samples.get(childId(pair.child, pair.parentType))!)
    const right = answers.map(readName).find((name) => name !== null && matches(name, pair.child)) ?? null
    const measured = right !== null || !areMostlyMissing(countNoAnswers(kinds), kinds.length)
    return { ...pair, childPrediction: right, canReverse: measured ? right !== null : null }
  })
  const asked = [
    ...candidates.map(({ child, parentType }) => parentId(child, parentType)),
    ...named.map(({ child, parentType }) => childId(child, parentType)),
  ]
  const { noAnswers } = countMissing(
    asked.map((id) => journal.samples.get(id)!),
    'answers',
  )
  if (noAnswers !== undefined) options.onNoAnswers?.(noAnswers)
  return pairs
}

function parentId(child: string, parentType: string): string {
  return `${child}/${parentType}`
}

function childId(child: string, parentType: string): string {
  return `${child}/${parentType}/child`
}

/** The same for the same questions to the same model. */
function findId({ model, celebrities, style, queries, seed }: FindPairsOptions): string {
  return `find-${sha256(JSON.stringify([model.id, celebrities, style, queries, seed])).slice(0, 12)}`
}
