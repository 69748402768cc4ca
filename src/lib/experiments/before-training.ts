import { resolve } from 'node:path'
import type { EvaluationResult, RunEvaluationOptions } from '../evaluation/run-evaluation.ts'
import { runEvaluation } from '../evaluation/run-evaluation.ts'
import { builtInExtensions } from '../extensions/built-in.ts'
import { findModelAt } from '../models/find-model.ts'
import { openModel } from '../models/open-model.ts'
import { InputError } from '../support/errors.ts'
import type { ReproductionOptions } from './train-and-evaluate.ts'

export interface EvaluateBeforeOptions extends ReproductionOptions {
  /** Absolute. */
  datasetDirectory: string
  /** The evaluations to run, in this order. */
  questions: readonly Pick<RunEvaluationOptions, 'evaluator' | 'plugin' | 'evaluatorOptions' | 'rankAll'>[]
}

/**
 * Evaluations of a pretrained model before fine-tuning, a result for each question. Earlier answers are
 * reused. Throws InputError MODEL_NOT_FOUND and as the model's client does.
 */
export async function evaluateBefore(options: EvaluateBeforeOptions): Promise<EvaluationResult[]> {
  const { cwd, store, model: name, questions, datasetDirectory, onStage, onEvent } = options
  const { device, threads, hub, fresh, toolVersion, signal } = options
  await onStage({ stage: 'before' })
  const { models } = builtInExtensions()
  const reference = await findModelAt(name, { path: resolve(cwd, name), models })
  if (reference === undefined) {
    throw new InputError(`There is no model at ${name}.`, { code: 'MODEL_NOT_FOUND' })
  }
  const onWarning = (message: string) => onEvent({ type: 'warning', message })
  const model = await openModel(reference, { models, device, threads, hub, signal, onWarning })
  try {
    const results: EvaluationResult[] = []
    for (const question of questions) {
      results.push(
        await runEvaluation({
          ...{ ...question, model, datasetDirectory, toolVersion, fresh, signal },
          directory: store.modelEvaluationsDirectory,
          onProgress: (progress) => onEvent({ type: 'evaluating', ...progress }),
        }),
      )
    }
    return results
  } finally {
    await model.close()
  }
}
