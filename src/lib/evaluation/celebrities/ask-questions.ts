import type { Measure } from '../../datasets/celebrities/celebrity-results.ts'
import type { CelebrityPrompt, FamilyDirection } from '../../datasets/celebrities/prompts.ts'
import { ANSWER_END } from '../../datasets/celebrities/prompts.ts'
import type { Generation, LanguageModel, Scoring } from '../../models/language-model.ts'
import { UnansweredError } from '../../models/unanswered.ts'
import type { AskedAnswer } from '../check-answers.ts'
import { checkAnswers } from '../check-answers.ts'
import type { SampleJournal } from '../journal.ts'
import type { UnansweredPrompt } from '../unanswered-prompts.ts'

/** What is asked, and for whom. */
export interface CelebrityQuestion {
  /** Names it in the journal. */
  id: string
  direction: FamilyDirection
  prompt: CelebrityPrompt
  /** The name that is asked for; empty where it is not known. */
  target: string
}

export interface AskOptions {
  model: LanguageModel
  journal: SampleJournal
  questions: readonly CelebrityQuestion[]
  measure: Measure
  /** Answers to each question. */
  samples: number
  /** 0 is greedy. */
  temperature: number
  seed: number
  /** Prompts that the model gets at once. */
  batchSize?: number | undefined
  signal?: AbortSignal | undefined
  onProgress?: ((progress: AskProgress) => unknown) | undefined
}

export interface AskProgress {
  /** Questions in the journal, those of earlier times too. */
  done: number
  total: number
}

/** What a model is about to be asked, at most. */
export interface QuestionPlan {
  /** Prompts, each once. */
  prompts: number
  /** Answers to all of them; 0 where targets are scored. */
  answers: number
  /** Tokens of the prompts, at four characters a token, and of answers that go on to their limit. */
  tokens: { input: number; output: number }
}

/** What asking so many answers to prompts takes; those with one text are asked once. */
export function planQuestions(
  prompts: readonly CelebrityPrompt[],
  { measure, samples }: Pick<AskOptions, 'measure' | 'samples'>,
): QuestionPlan {
  const texts = new Set(prompts.map(({ text }) => text))
  const characters = [...texts].reduce((total, { length }) => total + length, 0)
  const answers = measure === 'answers' ? texts.size * samples : 0
  return {
    prompts: texts.size,
    answers,
    tokens: { input: Math.ceil(characters / 4), output: answers * MAX_TOKENS },
  }
}

/** Names are shorter; base models that go on after a name are stopped here. */
const MAX_TOKENS = 24

/**
 * Ask the questions that the journal has no answer to, and record each answer as it comes. Questions with one prompt,
 * such as those for two children of one parent, are asked once.
 */
export async function askQuestions(options: AskOptions): Promise<UnansweredPrompt[]> {
  const { journal, questions, batchSize = 512, signal, onProgress } = options
  const open = questions.filter(({ id }) => !journal.samples.has(id))
  const byPrompt = [...Map.groupBy(open, ({ prompt }) => prompt.text).values()]
  const unanswered: UnansweredPrompt[] = []
  let done = questions.length - open.length
  await onProgress?.({ done, total: questions.length })
  for (let start = 0; start < byPrompt.length; start += batchSize) {
    signal?.throwIfAborted()
    const batch = byPrompt.slice(start, start + batchSize)
    try {
      for await (const { index, completions, endings, scores, unavailable } of answer(batch, options)) {
        for (const [position, { id, direction, prompt, target }] of batch[index]!.entries()) {
          const score = scores?.[position]
          await journal.add({
            id,
            split: direction,
            prompt: prompt.text,
            target,
            completions,
            ...(endings && { endings }),
            scores: score ? [score] : null,
            ...(unavailable !== undefined && { unscored: unavailable }),
            measures: {},
          })
          done++
        }
        await onProgress?.({ done, total: questions.length })
      }
    } catch (error) {
      if (!(error instanceof UnansweredError)) throw error
      unanswered.push(
        ...error.unanswered.flatMap(({ index, reason }) => batch[index]!.map(({ id }) => ({ id, reason }))),
      )
    }
  }
  await checkAnswers({
    model: options.model,
    answers: answersOf(options),
    options: completing(options),
    signal,
  })
  return unanswered
}

/** What the journal has of the questions, as the model was asked: those with one prompt together. */
function answersOf({ journal, questions }: AskOptions): AskedAnswer[] {
  const samples = questions.flatMap(({ id }) => journal.samples.get(id) ?? [])
  return [...Map.groupBy(samples, ({ prompt }) => prompt)].map(([prompt, sharing]) => ({
    prompt,
    completions: sharing[0]!.completions,
    targets: sharing.map(({ target }) => ` ${target}`),
    scores: sharing.every(({ scores }) => scores?.length === 1)
      ? sharing.map(({ scores }) => scores![0]!)
      : null,
  }))
}

/** How a model that continues text completes the prompts. */
function completing({ model, samples, temperature, seed }: AskOptions) {
  return {
    maxTokens: MAX_TOKENS,
    temperature,
    samples,
    // A server that is given a seed would be asked for one sample at a time, and be paid for the prompt each time.
    ...(!model.hosted && { seed }),
    ...(!model.conversational && { stop: [ANSWER_END] }),
  }
}

/** The answers to a prompt, by its position in the batch, or the scores of each question with it. */
type Answer = Generation & Partial<Omit<Scoring, 'index'>>

async function* answer(batch: readonly CelebrityQuestion[][], options: AskOptions): AsyncGenerator<Answer> {
  const { model, measure, signal } = options
  const prompts = batch.map(([first]) => first!.prompt)
  if (measure === 'logprob') {
    const requests = batch.map((questions) => ({
      prompt: questions[0]!.prompt.text,
      targets: questions.map(({ target }) => ` ${target}`),
    }))
    for await (const scoring of model.score(requests, signal && { signal })) {
      yield { ...scoring, completions: [] }
    }
    return
  }
  const shared = { ...completing(options), ...(signal && { signal }) }
  const generations = model.conversational
    ? model.generate(
        prompts.map(({ question }) => question),
        { ...shared, conversation: prompts[0]!.conversation },
      )
    : model.generate(
        prompts.map(({ text }) => text),
        shared,
      )
  yield* generations
}
