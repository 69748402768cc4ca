import { join } from 'node:path'
import { writeAtomic } from '../../support/files.ts'
import type { FigureLook } from '../render-figure.ts'
import { saveFigure } from '../render-figure.ts'
import type { Row } from '../report.ts'
import { toCsv } from '../tabular.ts'
import type {
  CompareConfigurationsOptions,
  ConfigurationComparison,
  ConfigurationDifference,
} from './compare-configurations.ts'
import { compareConfigurations } from './compare-configurations.ts'
import { configurationsFigure } from './configurations-figure.ts'

export interface ReportConfigurationsOptions extends CompareConfigurationsOptions {
  /** Absolute; gets the figure as SVG, PNG, PDF and Vega-Lite specification and the table as CSV. */
  directory: string
  look?: FigureLook | undefined
}

export type ConfigurationsReport = ConfigurationComparison & {
  /** What was written. */
  files: { svg: string; png: string; pdf: string; spec: string; csv: string }
}

/** Compare two configurations, draw the figure and write the table. Throws InputError as `compareConfigurations` does. */
export async function reportConfigurations({
  directory,
  look,
  ...options
}: ReportConfigurationsOptions): Promise<ConfigurationsReport> {
  const comparison = await compareConfigurations(options)
  const name = 'comparison'
  const path = join(directory, name)
  const files = {
    ...{ svg: `${path}.svg`, png: `${path}.png`, pdf: `${path}.pdf` },
    ...{ spec: `${path}.vl.json`, csv: `${path}.csv` },
  }
  await saveFigure({ directory, name, spec: configurationsFigure(comparison), look })
  await writeAtomic(files.csv, toCsv(comparison.comparisons.map(tableRow)))
  return { ...comparison, files }
}

function tableRow(own: ConfigurationDifference): Row {
  const { split, measure, paired, runs, facts, prompts, left_out: leftOut = 0, first, second } = own
  const { estimate, low, high, standardError, statistic, df } = own.difference
  return {
    ...{ split, measure },
    ...{ first: first.estimate, first_low: first.low, first_high: first.high },
    ...{ second: second.estimate, second_low: second.low, second_high: second.high },
    ...{ difference: estimate, difference_low: low, difference_high: high },
    ...{ standard_error: standardError, t: statistic, df },
    ...{ p: own.p.two_way, p_holm: own.p.holm, p_facts: own.p.facts, p_runs: own.p.runs },
    ...{ runs_first: runs.first, runs_second: runs.second, facts, prompts, left_out: leftOut },
    ...{ seeds_paired: String(paired.seeds), facts_paired: String(paired.facts) },
  }
}
