import type { DeviceOptions } from '../../engine/device.ts'
import { loadModel, PROMPT_TOO_LONG } from '../../engine/model.ts'
import { InputError } from '../../support/errors.ts'
import type { LanguageModel } from '../language-model.ts'
import { UnansweredError } from '../unanswered.ts'

export interface LocalModelOptions extends DeviceOptions {
  /** Folder of a trained model, such as a run's `model/`. */
  directory: string
  /** Such as `local/ada:RUN_ID`; where it is not given, the folder and the checksum of the weights. */
  id?: string | undefined
}

/**
 * A model that the embedded engine trained. Throws InputError MODEL_NOT_FOUND or DEVICE_UNAVAILABLE,
 * ReversalError FILE_CORRUPT.
 */
export async function openLocalModel({
  directory,
  id,
  ...device
}: LocalModelOptions): Promise<LanguageModel> {
  const model = await loadModel(directory, device)
  return {
    id: id ?? `local:${directory}@${model.checksum.slice(0, 12)}`,
    hosted: false,
    generate: (prompts, options) =>
      answerFitting(prompts, {
        answer: (fitting) => model.generate(fitting, options),
        whyTooLong: (prompt) => model.whyTooLong(prompt, { room: options.maxTokens }),
      }),
    score: (requests, options) =>
      answerFitting(requests, {
        answer: (fitting) => model.score(fitting, options),
        whyTooLong: ({ prompt, targets }) =>
          ['', ...targets].map((target) => model.whyTooLong(prompt + target)).find(Boolean),
      }),
    scoring: async () => ({ available: true }),
    close: () => model.close(),
  }
}

interface Answering<Q, R> {
  answer: (questions: readonly Q[]) => AsyncIterable<R>
  whyTooLong: (question: Q) => string | undefined
}

/** The answers to all questions that fit; then UnansweredError PROMPT_TOO_LONG where some do not. */
async function* answerFitting<Q, R extends { index: number }>(
  questions: readonly Q[],
  { answer, whyTooLong }: Answering<Q, R>,
): AsyncGenerator<R, void> {
  try {
    yield* answer(questions)
    return
  } catch (error) {
    if (!(error instanceof InputError) || error.code !== PROMPT_TOO_LONG) throw error
  }
  const reasons = questions.map(whyTooLong)
  const fitting = [...questions.keys()].filter((index) => reasons[index] === undefined)
  for await (const result of answer(fitting.map((index) => questions[index]!))) {
    yield { ...result, index: fitting[result.index]! }
  }
  const unanswered = reasons.flatMap((reason, index) => (reason === undefined ? [] : [{ index, reason }]))
  throw new UnansweredError(unanswered, { total: questions.length, code: PROMPT_TOO_LONG })
}
