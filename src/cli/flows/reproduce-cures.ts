import type { ArmResult, CuresEvent } from '../../lib/experiments/reproduce-cures.ts'
import { reproduceCures } from '../../lib/experiments/reproduce-cures.ts'
import type { Elsewhere } from '../../lib/experiments/train-and-evaluate.ts'
import type { RepeatableJobProvider } from '../../lib/experiments/train-by-job.ts'
import { chooseProvider, openProvider, repeatableProvider } from '../../lib/finetuning/open-provider.ts'
import type { FineTuneProvider } from '../../lib/finetuning/provider.ts'
import type { Row } from '../../lib/reporting/report.ts'
import { InputError } from '../../lib/support/errors.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'
import type { ClusterFlags } from '../flags/cluster-finetune.ts'
import { clusterOptions, refuseClusterFlags } from '../flags/cluster-finetune.ts'
import type { ReproduceFlags } from '../flags/reproduce.ts'
import { reproduceOptions } from '../flags/reproduce.ts'
import type { BaseCommand } from '../shell/base-command.ts'
import { readHubSettings, readJobSettings } from '../shell/environment.ts'
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

interface CuresFlags extends Omit<ReproduceFlags, 'seed'>, ClusterFlags {
  seed?: number | undefined
  arms?: string[] | undefined
  matched: 'tokens' | 'epochs'
  provider?: string | undefined
}

/** Compares ways to train and shows the progress: the current step, a live line, and each arm when it is done. */
export async function reproduceCuresVisibly(
  command: BaseCommand,
  flags: CuresFlags,
): Promise<CuresReproduction> {
  const start = performance.now()
  const { arms, matched, seed, seeds } = flags
  const { transforms, datasetKinds: kinds, providers } = await loadExtensions(command.config)
  const progress = new Progress({ quiet: command.jsonEnabled() })
  const store = new RunStore(command.home)
  const toolVersion = command.config.version
  const chosen = chooseProvider(providers, flags.provider)
  refuseClusterFlags(flags, { provider: chosen.entry, providers })
  await using provider = await openProvider(chosen, {
    ...{ store, toolVersion, hub: readHubSettings, onFetching: fetchingProgress(progress) },
    cluster: await clusterOptions(flags),
  })
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
      ...{ store, toolVersion, signal: command.interrupt },
      elsewhere: elsewhereBy(provider, {
        isUsual: chosen.entry === chooseProvider(providers, undefined).entry,
      }),
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

/** Undefined for the provider that trains on this machine. Throws InputError for one that cannot train the arms. */
function elsewhereBy(provider: FineTuneProvider, { isUsual }: { isUsual: boolean }): Elsewhere | undefined {
  if (isUsual) return undefined
  if (provider.runs === 'elsewhere' && repeatableProvider(provider) !== undefined)
    return { provider: provider as RepeatableJobProvider, jobs: readJobSettings }
  throw new InputError(`reproduce cures does not train with ${provider.name}.`, {
    code: 'PROVIDER_UNSUITED',
    suggestions: ['make the data of each arm with dataset:transform, and start it with finetune:start'],
  })
}

async function showCures(
  event: CuresEvent,
  shown: { command: Pick<BaseCommand, 'log' | 'logToStderr'>; progress: Progress },
): Promise<void> {
  if (event.type !== 'arm') return showReproduction(event, shown)
  shown.progress.stop()
  shown.command.logToStderr(renderArm(event.result))
}
