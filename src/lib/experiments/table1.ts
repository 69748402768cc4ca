import type { EvaluationSummary } from '../schemas/evaluation.ts'

export const DIRECTIONS = ['NameToDescription', 'DescriptionToName'] as const
export type Direction = (typeof DIRECTIONS)[number]

/** Shares of right completions, 0 to 1. */
export interface Table1Row {
  /** Asked in the order in which the fact was trained. */
  same: number
  /** Asked in the other order. */
  reverse: number
}

export type Table1 = Record<Direction, Table1Row>

/** GPT-3 175B after fine-tuning (arXiv 2309.12288, Table 1). */
export const PAPER_TABLE_1: Table1 = {
  NameToDescription: { same: 0.5, reverse: 0 },
  DescriptionToName: { same: 0.967, reverse: 0.001 },
}

/** The split behind each cell. */
export const TABLE_1_SPLITS: Record<Direction, Record<keyof Table1Row, string>> = {
  NameToDescription: { same: 'p2d_prompts_test', reverse: 'p2d_reverse_prompts_test' },
  DescriptionToName: { same: 'd2p_prompts_test', reverse: 'd2p_reverse_prompts_test' },
}

/** The paper's Table 1 from a complete evaluation of experiment 1. */
export function table1({ splits }: Pick<EvaluationSummary, 'splits'>): Table1 {
  const accuracy = (split: string) => {
    const value = splits.find((entry) => entry.split === split)?.metrics.prefix_accuracy
    if (typeof value !== 'number') throw new Error(`The evaluation has no accuracy of ${split}.`)
    return value
  }
  const row = ({ same, reverse }: Record<keyof Table1Row, string>) => ({
    same: accuracy(same),
    reverse: accuracy(reverse),
  })
  return {
    NameToDescription: row(TABLE_1_SPLITS.NameToDescription),
    DescriptionToName: row(TABLE_1_SPLITS.DescriptionToName),
  }
}
