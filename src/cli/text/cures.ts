import { DIRECTIONS } from '../../lib/evaluation/directions.ts'
import type { ArmResult } from '../../lib/experiments/reproduce-cures.ts'
import type { WrittenReport } from '../../lib/reporting/write-report.ts'
import { formatPercent } from '../../lib/support/numbers.ts'
import { renderReportEnd, renderReportTable } from './report.ts'
import { wrapText } from './table.ts'

/**
 * The result of one arm with one seed: "identity-bridge, seed 1: NameToDescription 68.0 % same, 2.0 %
 * reverse; …".
 */
export function renderArm({ arm, seed, table1 }: ArmResult): string {
  const shares = DIRECTIONS.map((direction) => {
    const { same, reverse } = table1[direction]
    return `${direction} ${formatPercent(same)} same, ${formatPercent(reverse)} reverse`
  })
  return wrapText(`${arm}, seed ${seed}: ${shares.join('; ')}`)
}

/** The table of all arms, the findings, and the path of the report. */
export function renderCures(written: WrittenReport): string {
  const tables = written.report.sections.flatMap(({ tables }) => tables)
  return [
    ...tables.filter(({ name }) => name === 'cures').map(renderReportTable),
    renderReportEnd(written),
  ].join('\n')
}
