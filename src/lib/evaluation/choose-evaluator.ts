import type { DatasetKind } from '../datasets/dataset-kind.ts'
import { requireDirectory } from '../datasets/find-dataset.ts'
import { readManifest } from '../datasets/write-dataset.ts'
import { InputError } from '../support/errors.ts'
import type { Registry } from '../support/registry.ts'
import type { EvaluatorDescriptor } from './evaluator.ts'
import type { OpenedEvaluator } from './open-evaluator.ts'
import { fittingEvaluators, openEvaluator } from './open-evaluator.ts'

export interface ChooseEvaluatorOptions {
  evaluators: Registry<EvaluatorDescriptor>
  kinds: Registry<DatasetKind>
  datasetDirectory: string
  /** `KEY=VALUE` texts for the evaluator. */
  options?: readonly string[] | undefined
}

/**
 * The evaluator that fits a data set: that of its kind, or the only one that can read it. Throws InputError
 * DATASET_UNSUITABLE if there is none, EVALUATOR_AMBIGUOUS if there are several.
 */
export async function chooseEvaluator(options: ChooseEvaluatorOptions): Promise<OpenedEvaluator> {
  const { evaluators, datasetDirectory } = options
  const usual = await evaluatorOfKind(options)
  if (usual !== undefined) return openEvaluator(evaluators, usual, options.options)
  const able = await fittingEvaluators(evaluators, datasetDirectory)
  const fitting = able.filter(
    ({ plugin, evaluator: { name } }) => !evaluators.get(`${plugin}/${name}`).entry.onlyNamed,
  )
  const names = fitting.map(({ evaluator: { name } }) => name)
  if (names.length === 1) {
    return openEvaluator(evaluators, `${fitting[0]!.plugin}/${names[0]}`, options.options)
  }
  if (names.length === 0) {
    await requireDirectory(datasetDirectory)
    throw new InputError(`No evaluator can read ${datasetDirectory}.`, {
      code: 'DATASET_UNSUITABLE',
      suggestions: [
        'see what each evaluator is for: reversal eval:list',
        'use another data set: --dataset-name NAME',
      ],
    })
  }
  throw new InputError(`Several evaluators can read ${datasetDirectory}: ${names.join(', ')}.`, {
    code: 'EVALUATOR_AMBIGUOUS',
    suggestions: names.map((name) => `--evaluator ${name}`),
  })
}

/** The evaluator that the data set's kind names, if it can read the data set. */
async function evaluatorOfKind({
  evaluators,
  kinds,
  datasetDirectory,
}: ChooseEvaluatorOptions): Promise<string | undefined> {
  const manifest = await readManifest(datasetDirectory).catch(() => undefined)
  for (const { entry } of kinds.list()) {
    const isOne =
      manifest === undefined ? await entry.recognize(datasetDirectory) : entry.name === manifest.kind
    if (!isOne || evaluators.find(entry.evaluator) === undefined) continue
    const { evaluator } = await openEvaluator(evaluators, entry.evaluator)
    if (await evaluator.accepts(datasetDirectory)) return entry.evaluator
  }
  return undefined
}
