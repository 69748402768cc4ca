import { SHIPPED_PAIRS } from '../../lib/datasets/celebrities/pairs.ts'
import type { CompleteTest, FoundCelebrities } from '../../lib/experiments/ask-about-celebrities.ts'
import type { CelebritiesEvent } from '../../lib/experiments/reproduce-celebrities.ts'
import { reproduceCelebrities } from '../../lib/experiments/reproduce-celebrities.ts'
import { commandLine } from '../../lib/support/command-line.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'
import type { ReproduceCelebritiesFlags } from '../flags/celebs.ts'
import { readCelebrities, reproducedSettings } from '../flags/celebs.ts'
import type { BaseCommand } from '../shell/base-command.ts'
import { renderFound } from '../text/celebrities.ts'
import { renderReport } from '../text/report.ts'
import { describeCelebritiesStep } from '../text/reproduction.ts'
import type { Asking } from './ask-about-celebrities.ts'
import { askVisibly } from './ask-about-celebrities.ts'

export interface CelebritiesReproduction extends CompleteTest {
  experiment: 'celebrities'
  model: string
  /** Pairs found in the model's own answers; null if the pairs were given. */
  found: Pick<FoundCelebrities, 'file' | 'celebrities' | 'comparison'> | null
  report: { directory: string; page: string; findings: string[] }
  duration_s: number
}

/** Run experiment 2 and show the progress; asks the user first if it costs money. */
export async function reproduceCelebritiesVisibly(
  command: BaseCommand,
  flags: ReproduceCelebritiesFlags,
): Promise<CelebritiesReproduction> {
  const start = performance.now()
  const { pairs, search: finding } = await reproducedSettings(flags)
  const search = flags.find
    ? { ...finding, celebrities: await readCelebrities(flags.names, finding.celebrities) }
    : undefined
  const { found, tested, report, model } = await askVisibly(command, flags, async (asking) => {
    const reproduced = await reproduceCelebrities({
      ...asking,
      ...{ search, pairs: { pairsFile: flags.pairs ?? SHIPPED_PAIRS, ...pairs }, fresh: flags.fresh },
      cwd: process.cwd(),
      store: new RunStore(command.home),
      command: commandLine('reproduce:celebrities', {
        args: command.argv.filter((arg) => arg !== '--json'),
      }),
      onEvent: (event) => showCelebrities(event, { command, asking }),
    })
    return { ...reproduced, model: asking.modelName }
  })
  command.log(renderReport(report))
  const { directory, page } = report
  return {
    experiment: 'celebrities',
    model,
    found: found ? { file: found.file, celebrities: found.celebrities, comparison: found.comparison } : null,
    ...tested,
    report: { directory, page, findings: report.report.findings },
    duration_s: (performance.now() - start) / 1000,
  }
}

/** Shows an event of experiment 2: a line for each step, and what `asking` shows while a model answers. */
export async function showCelebrities(
  event: CelebritiesEvent,
  {
    command,
    asking,
  }: {
    command: Pick<BaseCommand, 'logToStderr'>
    asking: Pick<Asking, 'onEvent' | 'onStep'>
  },
): Promise<unknown> {
  switch (event.type) {
    case 'step':
      asking.onStep()
      return command.logToStderr(describeCelebritiesStep(event))
    case 'found':
      return command.logToStderr(renderFound(event.found))
    default:
      return asking.onEvent(event)
  }
}
