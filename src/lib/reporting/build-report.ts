import { availableParallelism, cpus } from 'node:os'
import type { ProviderDescriptor } from '../finetuning/provider.ts'
import type { Registry } from '../support/registry.ts'
import type { ComparedFile, Evidence } from './evidence/evidence.ts'
import type { Report, Section } from './report.ts'
import { beforeTrainingSection } from './sections/before-training.ts'
import type { CuresDesign } from './sections/cures.ts'
import { curesSection } from './sections/cures.ts'
import { experiment3Section } from './sections/experiment3.ts'
import { DEFAULT_MARGIN, figure4Section } from './sections/figure4.ts'
import { celebritiesSection } from './sections/figure5.ts'
import { histogramsSection } from './sections/histograms.ts'
import { lossesSection } from './sections/losses.ts'
import { noAnswersSection } from './sections/no-answers.ts'
import { otherEvaluationsSection } from './sections/other-evaluations.ts'
import { provenanceSection } from './sections/provenance.ts'
import { ranksSection } from './sections/ranks.ts'
import { sweepSection } from './sections/sweep.ts'
import { table1Section } from './sections/table1.ts'
import { templatesSection } from './sections/templates.ts'

export interface BuildReportOptions {
  evidence: Evidence
  /** Say which flags make a run again. */
  providers: Registry<ProviderDescriptor>
  /** Results of experiment 2, which needs no runs. */
  celebrities?: readonly ComparedFile[] | undefined
  /** The command line that made those files, if it is known. */
  celebritiesCommand?: string | undefined
  /** Ways to train that the runs compare. */
  cures?: CuresDesign | undefined
  /** A folder name, such as `eval`. */
  name: string
  /** Mean log-probabilities that differ by less, in nats, count as equal. */
  margin?: number | undefined
  toolVersion: string
  now: Date
}

/** A report from the runs' data: the sections that it has data for. */
export function buildReport(options: BuildReportOptions): Report {
  const { evidence, providers, celebrities = [], celebritiesCommand, name, toolVersion, now } = options
  const { margin = DEFAULT_MARGIN } = options
  const machine = describeMachine(toolVersion, now)
  // In a comparison of ways to train, the results of single arms are only in the tables.
  const comparison = options.cures && curesSection(evidence.runs, options.cures)
  const sections = [
    comparison,
    table1Section(evidence),
    beforeTrainingSection(evidence),
    figure4Section(evidence, { margin }),
    ranksSection(evidence),
    celebritiesSection(celebrities),
    experiment3Section(evidence),
    sweepSection(evidence),
    templatesSection(evidence),
    histogramsSection(evidence),
    lossesSection(evidence),
    otherEvaluationsSection(evidence),
    noAnswersSection(evidence),
    provenanceSection(evidence, { providers, name, celebrities, celebritiesCommand, margin, machine }),
  ].filter((section): section is Section => section !== undefined)
  return {
    title: `Reversal report: ${name}`,
    name,
    createdAt: now.toISOString(),
    toolVersion,
    findings: (comparison === undefined ? sections : [comparison]).flatMap(({ findings = [] }) => findings),
    warnings: evidence.warnings,
    sections,
  }
}

function describeMachine(toolVersion: string, now: Date): string {
  const processor = cpus()[0]?.model ?? 'unknown processor'
  return `Report made by reversal ${toolVersion} on ${now.toISOString().slice(0, 16).replace('T', ' ')} UTC, with Node ${process.version} on ${process.platform}-${process.arch} (${processor}, ${availableParallelism()} cores).`
}
