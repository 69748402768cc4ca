import type { Direction } from '../evaluation/directions.ts'
import { DIRECTIONS } from '../evaluation/directions.ts'
import { PAPER_TABLE_1 } from '../evaluation/paper.ts'
import { collectEvidence } from '../reporting/evidence/collect-evidence.ts'
import { isFromPaper } from '../reporting/paper-rows.ts'
import { table1Section } from '../reporting/sections/table1.ts'
import type { RunRecord } from '../schemas/run.ts'
import { ReversalError } from '../support/errors.ts'
import type { RunStore } from '../tracking/run-store.ts'

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

/** The paper's Table 1 for one run, as its report has it. Throws ReversalError NOT_MEASURED where a share is missing. */
export async function readTable1({ store, run }: { store: RunStore; run: RunRecord }): Promise<Table1> {
  const evidence = await collectEvidence({ store, runs: [run] })
  const [table] = table1Section(evidence)?.tables ?? []
  const rows = table?.rows.filter((row) => !isFromPaper(row)) ?? []
  const measured = DIRECTIONS.map((direction) => {
    const { same, reverse } = rows.find(({ trained }) => trained === direction) ?? {}
    if (typeof same === 'number' && typeof reverse === 'number') return [direction, { same, reverse }]
    throw new ReversalError(`Table 1 of ${run.id} has no accuracy for ${direction}.`, {
      code: 'NOT_MEASURED',
      suggestions: [`see what the model writes: reversal eval:run ${run.id}`],
    })
  })
  return Object.fromEntries(measured) as Table1
}

function shares({ same, reverse }: Table1Row): Table1Row {
  return { same, reverse }
}
