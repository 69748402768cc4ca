import type { Direction } from '../evaluation/directions.ts'
import { DIRECTION_SPLITS } from '../evaluation/directions.ts'
import { PAPER_TABLE_1 } from '../evaluation/paper.ts'
import type { EvaluationSummary } from '../schemas/evaluation.ts'
import { accuracyOf } from './accuracy-of.ts'

/** Shares of right completions, 0 to 1. */
export interface Table1Row {
  /** Asked in the order in which the fact was trained. */
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

/** The paper's Table 1 from a complete evaluation of experiment 1. Throws ReversalError NOT_MEASURED. */
export function table1(summary: Pick<EvaluationSummary, 'splits'>): Table1 {
  const accuracy = (split: string) => {
    const value = accuracyOf(summary, split)
    if (value === undefined) throw new Error(`The evaluation has no accuracy of ${split}.`)
    return value
  }
  const row = ({ same, reverse }: Record<keyof Table1Row, string>) => ({
    same: accuracy(same),
    reverse: accuracy(reverse),
  })
  return {
    NameToDescription: row(DIRECTION_SPLITS.NameToDescription),
    DescriptionToName: row(DIRECTION_SPLITS.DescriptionToName),
  }
}

function shares({ same, reverse }: Table1Row): Table1Row {
  return { same, reverse }
}
