import type { ArmResult, CuresEvent } from '../../lib/experiments/reproduce-cures.ts'
import { reproduceCures } from '../../lib/experiments/reproduce-cures.ts'
import type { Row } from '../../lib/reporting/report.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'
import type { ReproduceFlags } from '../flags/reproduce.ts'
import { reproduceOptions } from '../flags/reproduce.ts'
import type { BaseCommand } from '../shell/base-command.ts'
import { loadExtensions } from '../shell/extensions.ts'
import { Progress } from '../shell/progress.ts'
import { renderArm, renderCures } from '../text/cures.ts'
import { fetchingProgress } from './opening-progress.ts'
import { showReproduction } from './reproduction.ts'

export interface CuresReproduction {
  matched: 'tokens' | 'epochs'
  /** In the order of seeds, then of arms. */
  results: ArmResult[]
  /** Two for each arm, over all seeds. */
  table: readonly Row[]
  report: { directory: string; page: string; findings: string[] }
  duration_s: number
}

interface CuresFlags extends Omit<ReproduceFlags, 'seed'> {
  seed?: number | undefined
  arms?: string[] | undefined
  matched: 'tokens' | 'epochs'
}

/**
 * Compare ways to train and show the progress: the current step, a live line, and each arm when it is done.
 */
export async function reproduceCuresVisibly(
  command: BaseCommand,
  flags: CuresFlags,
): Promise<CuresReproduction> {
  const start = performance.now()
  const { arms, matched, seed, seeds } = flags
  const { transforms, datasetKinds: kinds } = await loadExtensions(command.config)
  const progress = new Progress({ quiet: command.jsonEnabled() })
  try {
    const { srcFilename: _, experiment: __, ...options } = reproduceOptions('reverse', { ...flags, seed: 0 })
    const {
      results,
      rows,
      report: written,
    } = await reproduceCures({
      ...options,
      ...{ arms, matched, transforms, kinds },
      seeds: seeds ?? (seed === undefined ? undefined : [seed]),
      store: new RunStore(command.home),
      toolVersion: command.config.version,
      signal: command.interrupt,
      onFetching: fetchingProgress(progress),
      onEvent: (event) => showCures(event, { command, progress }),
    })
    progress.stop()
    command.log(renderCures(written))
    const { directory, page, report } = written
    return {
      ...{ matched, results, table: rows },
      report: { directory, page, findings: report.findings },
      duration_s: (performance.now() - start) / 1000,
    }
  } finally {
    progress.stop()
  }
}

async function showCures(
  event: CuresEvent,
  shown: { command: Pick<BaseCommand, 'log' | 'logToStderr'>; progress: Progress },
): Promise<void> {
  if (event.type !== 'arm') return showReproduction(event, shown)
  shown.progress.stop()
  shown.command.logToStderr(renderArm(event.result))
}
