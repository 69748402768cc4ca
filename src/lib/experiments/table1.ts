import type { Direction } from '../evaluation/directions.ts'
import { DIRECTION_SPLITS, DIRECTIONS } from '../evaluation/directions.ts'
import { evaluationFiles } from '../evaluation/evaluation-folder.ts'
import type { Evaluator } from '../evaluation/evaluator.ts'
import { PAPER_TABLE_1 } from '../evaluation/paper.ts'
import type { EvaluationResult } from '../evaluation/run-evaluation.ts'
import { readPromptScores } from '../reporting/evidence/prompt-scores.ts'
import { estimateShare } from '../reporting/sections/pooled.ts'
import { table1Cells } from '../reporting/sections/table1-cells.ts'
import { ReversalError } from '../support/errors.ts'
import { requireMeasured } from './accuracy-of.ts'

/** Shares of right completions, 0 to 1. */
export interface Table1Row {
  /** Accuracy in the order in which the fact was trained. */
  same: number
  /** Asked in the other order. */
  reverse: number
}

export type Table1 = Record<Direction, Table1Row>

/** That of GPT-3 175B after fine-tuning. */
export const PAPER_TABLE: Table1 = {
  NameToDescription: shares(PAPER_TABLE_1.NameToDescription),
  DescriptionToName: shares(PAPER_TABLE_1.DescriptionToName),
}

/**
 * The paper's Table 1 for one evaluation of experiment 1, by the report's own cells. Throws ReversalError NOT_MEASURED
 * if a share is missing.
 */
export async function readTable1({
  summary,
  directory,
  evaluator,
}: Pick<EvaluationResult, 'summary' | 'directory'> & {
  /** That made it. */
  evaluator: Evaluator
}): Promise<Table1> {
  const { samples: journal } = evaluationFiles(directory)
  const scores = await readPromptScores({ journal, summary, evaluator })
  const rows = DIRECTIONS.map((direction) => {
    requireMeasured(summary, Object.values(DIRECTION_SPLITS[direction]))
    const cells = table1Cells([{ id: summary.run_id ?? summary.model, scores }], direction)
    const [same, reverse] = [estimateShare(cells.same).estimate, estimateShare(cells.reverse).estimate]
    if (same !== null && reverse !== null) return [direction, { same, reverse }]
    throw new ReversalError(`Table 1 has no accuracy for ${direction}: no prompt got an answer.`, {
      code: 'NOT_MEASURED',
      suggestions: ['see what the model writes: samples.jsonl of the evaluation'],
    })
  })
  return Object.fromEntries(rows) as Table1
}

function shares({ same, reverse }: Table1Row): Table1Row {
  return { same, reverse }
}
