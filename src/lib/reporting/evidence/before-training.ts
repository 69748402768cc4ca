import { join } from 'node:path'
import { evaluationFiles } from '../../evaluation/evaluation-folder.ts'
import { IN_CONTEXT } from '../../evaluation/in-context.ts'
import { reverseEvaluator } from '../../evaluation/reverse-evaluator.ts'
import { isIdOf } from '../../models/engine/model-id.ts'
import type { EvaluationSummary } from '../../schemas/evaluation.ts'
import type { RunRecord } from '../../schemas/run.ts'
import { chooseEvaluations } from '../../tracking/choose-evaluations.ts'
import type { RunStore } from '../../tracking/run-store.ts'
import type { MeasuredValues } from './measured.ts'
import { readMeasures } from './measured.ts'
import type { PromptScores } from './prompt-scores.ts'
import { readPromptScores } from './prompt-scores.ts'

/** What a pretrained model answered before it was fine-tuned, on the data set of its run. */
export interface BeforeEvidence {
  /** On the prompts of experiment 1. */
  reverse: PromptScores | undefined
  /** Whether it was right with the fact in its prompt, by the split that asks. */
  inContext: ReadonlyMap<string, MeasuredValues>
}

const MEASURE = 'prefix_match'

/**
 * The evaluations of the model that a run began from, on the data set with this hash; undefined for a run that began from
 * nothing or where its model was not asked.
 */
export async function readBeforeTraining(
  { model, hyperparameters }: Pick<RunRecord, 'model' | 'hyperparameters'>,
  {
    store,
    evaluations,
    dataset,
  }: { store: RunStore; evaluations: readonly EvaluationSummary[]; dataset: string },
): Promise<BeforeEvidence | undefined> {
  if (hyperparameters.method === undefined) return undefined
  const own = chooseEvaluations(
    evaluations.filter((one) => isIdOf(one.model, model) && one.dataset.hash === dataset),
  )
  const find = (name: string) =>
    own.find(({ evaluator, arguments: given }) => evaluator.name === name && !given.evaluator_options)
  const [plain, control] = [find(reverseEvaluator.name), find(IN_CONTEXT)]
  if (plain === undefined && control === undefined) return undefined
  const journal = ({ id }: EvaluationSummary) =>
    evaluationFiles(join(store.modelEvaluationsDirectory, id)).samples
  const inContext = control && (await readMeasures(journal(control), control))
  return {
    reverse:
      plain && (await readPromptScores({ journal: journal(plain), dataset, evaluator: reverseEvaluator })),
    inContext: new Map(
      [...(inContext ?? [])].flatMap(([split, measures]) => {
        const values = measures.get(MEASURE)
        return values === undefined ? [] : [[split, values] as const]
      }),
    ),
  }
}
