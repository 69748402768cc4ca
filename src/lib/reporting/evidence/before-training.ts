import { join } from 'node:path'
import { evaluationFiles } from '../../evaluation/evaluation-folder.ts'
import type { Evaluator } from '../../evaluation/evaluator.ts'
import { IN_CONTEXT } from '../../evaluation/in-context.ts'
import { isIdOf } from '../../models/engine/model-id.ts'
import type { EvaluationSummary } from '../../schemas/evaluation.ts'
import type { RunRecord } from '../../schemas/run.ts'
import { chooseEvaluations } from '../../tracking/choose-evaluations.ts'
import type { RunStore } from '../../tracking/run-store.ts'
import type { MeasuredValues } from './measured.ts'
import { readMeasures } from './measured.ts'
import type { PromptScores } from './prompt-scores.ts'
import { readPromptScores } from './prompt-scores.ts'

/** Results of a pretrained model before fine-tuning, on the data set of its run. */
export interface BeforeEvidence {
  /** Scores of the design `directions`, prompt by prompt. */
  directions: PromptScores | undefined
  /** The evaluations that these come from. */
  summaries: EvaluationSummary[]
  /** Whether it was right with the fact in its prompt, by split. */
  inContext: ReadonlyMap<string, MeasuredValues>
}

const MEASURE = 'prefix_match'

/**
 * How the model that a run began from answered the question that the run was asked (`summary`), and how it answered with
 * the fact in its prompt. Undefined if it was asked neither.
 */
export async function readBeforeTraining(
  { model }: Pick<RunRecord, 'model'>,
  {
    store,
    evaluations,
    summary,
    evaluator,
  }: {
    store: RunStore
    /** Evaluations of models that no run trained. */
    evaluations: readonly EvaluationSummary[]
    summary: EvaluationSummary
    /** The evaluator of `summary`. */
    evaluator: Evaluator
  },
): Promise<BeforeEvidence | undefined> {
  const dataset = summary.dataset.hash
  const own = chooseEvaluations(
    evaluations.filter((one) => isIdOf(one.model, model) && one.dataset.hash === dataset),
  )
  const find = (name: string) =>
    own.find((one) => one.evaluator.name === name && !one.arguments.evaluator_options)
  const [plain, control] = [find(evaluator.name), find(IN_CONTEXT)]
  if (plain === undefined && control === undefined) return undefined
  const journal = ({ id }: EvaluationSummary) =>
    evaluationFiles(join(store.modelEvaluationsDirectory, id)).samples
  const inContext = control && (await readMeasures(journal(control), control))
  return {
    directions: plain && (await readPromptScores({ journal: journal(plain), summary: plain, evaluator })),
    summaries: [plain, control].filter((one) => one !== undefined),
    inContext: new Map(
      [...(inContext ?? [])].flatMap(([split, measures]) => {
        const values = measures.get(MEASURE)
        return values === undefined ? [] : [[split, values] as const]
      }),
    ),
  }
}
