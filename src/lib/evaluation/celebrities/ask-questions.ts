import type { Measure } from '../../datasets/celebrities/celebrity-results.ts'
import type { CelebrityPrompt, FamilyDirection } from '../../datasets/celebrities/prompts.ts'
import { ANSWER_END } from '../../datasets/celebrities/prompts.ts'
import type { LanguageModel } from '../../models/language-model.ts'
import { answerSamples } from '../answer-samples.ts'
import { checkAnswers } from '../check-answers.ts'
import type { EvaluationSample } from '../evaluator.ts'
import type { SampleJournal } from '../journal.ts'
import type { ModelNeeds } from '../model-needs.ts'
import { generateOptions } from '../model-needs.ts'
import type { Answered } from '../score-answer.ts'
import type { UnansweredPrompt } from '../unanswered-prompts.ts'

/** A question, and whom it is about. */
export interface CelebrityQuestion {
  /** Names it in the journal. */
  id: string
  direction: FamilyDirection
  prompt: CelebrityPrompt
  /** The name that is asked for; empty if it is not known. */
  target: string
}

export interface AskOptions {
  model: LanguageModel
  journal: SampleJournal
  questions: readonly CelebrityQuestion[]
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
  /** Number of questions in the journal, including those of earlier runs. */
  done: number
  total: number
}

/** Upper limits for the questions to a model. */
export interface QuestionPlan {
  /** Prompts, each once. */
  prompts: number
  /** Number of answers to all of them; 0 if targets are scored. */
  answers: number
  /** Tokens of the prompts, at four characters per token, and of answers that reach their limit. */
  tokens: { input: number; output: number }
}

/** Plans so many answers to prompts; equal prompts are sent once. */
export function planQuestions(
  prompts: readonly CelebrityPrompt[],
  { measure, samples }: { measure: Measure; samples: number },
): QuestionPlan {
  const texts = new Set(prompts.map(({ text }) => text))
  const characters = [...texts].reduce((total, { length }) => total + length, 0)
  const answers = measure === 'answers' ? texts.size * samples : 0
  return {
    prompts: texts.size,
    answers,
    tokens: { input: Math.ceil(characters / 4), output: answers * ANSWER_TOKENS },
  }
}

/** Longer than any name; base models that continue after a name are stopped here. */
export const ANSWER_TOKENS = 24

/** Answers vary, as in the original. */
export const TEMPERATURE = 1

/**
 * Asks the questions that the journal has no answer to, and records each answer as it arrives. Questions with the same
 * prompt, such as those for two children of one parent, are answered once.
 */
export async function askQuestions(options: AskOptions): Promise<UnansweredPrompt[]> {
  const { model, journal, questions, batchSize = 512, signal, onProgress } = options
  const needs = needsOf(options)
  const completing = generateOptions(model, { needs, maxTokens: ANSWER_TOKENS })
  const own = () => questions.flatMap(({ id }) => journal.samples.get(id) ?? [])
  const answered = own().filter(({ completions }) => completions.length > 0)
  const unanswered: UnansweredPrompt[] = []
  const open = questions.filter(({ id }) => !journal.samples.has(id))
  let done = questions.length - open.length
  const tell = () => onProgress?.({ done, total: questions.length })
  await tell()
  const scored = answerSamples({
    ...{ model, completing, batchSize, signal },
    evaluator: { needs, scoreSample: () => ({}) },
    samples: open.map(sampleOf),
    completions: new Map(answered.map((sample) => [sample.prompt, sample as Answered])),
    concurrency: 1,
    canScore: false,
    onUnanswered: ({ id }, { reason }) => unanswered.push({ id, reason }),
  })
  for await (const sample of scored) {
    await journal.add(sample)
    done++
    await tell()
  }
  await checkAnswers({
    ...{ model, options: completing, signal },
    answers: own().map((answer) => ({ ...answer, targets: [] })),
  })
  return unanswered
}

function needsOf({ samples, temperature, seed, questions }: AskOptions): ModelNeeds {
  const conversation = questions[0]?.prompt.conversation
  return {
    ...{ scores: 'none', samples, temperature, seed, stop: [ANSWER_END] },
    ...(conversation && { conversation }),
  }
}

function sampleOf({ id, direction, prompt, target }: CelebrityQuestion): EvaluationSample {
  const { text, question } = prompt
  return { id, split: direction, prompt: text, question, target, scoreTargets: [] }
}
