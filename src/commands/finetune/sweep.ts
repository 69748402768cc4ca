import { clusterOptions, refuseClusterFlags } from '../../cli/flags/cluster-finetune.ts'
import { machineOptions, pretrainedOptions } from '../../cli/flags/finetune.ts'
import { gridOf, sweepFlags } from '../../cli/flags/sweep.ts'
import { fetchingProgress } from '../../cli/flows/opening-progress.ts'
import { sweepVisibly } from '../../cli/flows/sweep.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { readHubSettings, readJobSettings } from '../../cli/shell/environment.ts'
import { loadExtensions } from '../../cli/shell/extensions.ts'
import { Progress } from '../../cli/shell/progress.ts'
import { runSelf } from '../../cli/shell/spawn-self.ts'
import type { SweepEstimate } from '../../lib/experiments/run-sweep.ts'
import { sweepRequests } from '../../lib/experiments/sweep-grid.ts'
import { trainByJob } from '../../lib/experiments/train-by-job.ts'
import { trainInChild } from '../../lib/experiments/train-in-child.ts'
import {
  chooseProvider,
  namingModels,
  openProvider,
  repeatableProvider,
} from '../../lib/finetuning/open-provider.ts'
import { submitTogether } from '../../lib/finetuning/submit-runs.ts'
import type { RunRecord } from '../../lib/schemas/run.ts'
import { InputError } from '../../lib/support/errors.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

export interface FinetuneSweepResult {
  /** The tag of its runs and the name of its report. */
  name: string
  /** In the order of the grid. */
  runs: RunRecord[]
  failures: { run: string; message: string }[]
  estimate: SweepEstimate
  /** Its report; null if nothing was trained. */
  report: { directory: string; page: string; findings: string[] } | null
}

export default class FinetuneSweep extends BaseCommand {
  static override summary = 'fine-tune over a grid of settings, evaluate every run and write a report'
  static override description =
    'Trains a run for every combination of models, learning-rate multipliers, batch sizes, epochs and seeds. After an interruption, the same command resumes the sweep and reuses existing runs.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --dataset-name first --preset figure7',
    '<%= config.bin %> <%= command.id %> --dataset-name first --recipe ./my-grid.json',
    '<%= config.bin %> <%= command.id %> --dataset-name first --model-name ada,babbage --seed 1,2,3 --name sizes',
    '<%= config.bin %> <%= command.id %> --dataset-name first --learning-rate-multiplier 0.1,0.2 --batch-size 8,16 --dry-run',
    '<%= config.bin %> <%= command.id %> --dataset-name first --model-name hf:HuggingFaceTB/SmolLM2-135M --method lora --seed 1,2,3',
  ]

  static override flags = sweepFlags

  protected override readonly resumes = true

  async run(): Promise<FinetuneSweepResult> {
    const { flags } = await this.parse(FinetuneSweep)
    const [cwd, store, toolVersion] = [process.cwd(), new RunStore(this.home), this.config.version]
    const extensions = await loadExtensions(this.config)
    const chosen = chooseProvider(extensions.providers, flags.provider)
    refuseClusterFlags(flags, { provider: chosen.entry, providers: extensions.providers })
    const progress = new Progress({ quiet: this.jsonEnabled() })
    await using provider = await openProvider(chosen, {
      ...{ store, toolVersion, onFetching: fetchingProgress(progress) },
      ...machineOptions(flags),
      cluster: await clusterOptions(flags, { offline: flags['dry-run'] }),
    })
    const repeatable = repeatableProvider(provider)
    if (repeatable === undefined) {
      throw new InputError('A sweep trains on this machine: start hosted runs with finetune:start.', {
        code: 'SWEEP_HOSTED',
      })
    }
    const requests = await sweepRequests({
      ...{ cwd, ...(await gridOf(flags)) },
      settings: pretrainedOptions(flags, { provider: chosen.entry, providers: extensions.providers }),
      ...{ provider: chosen.entry, datasetName: flags['dataset-name'], label: flags.label },
      nameModel: namingModels(provider, { cwd, signal: this.interrupt }),
      ...{ trainingFile: flags['training-file'], validationFile: flags['validation-file'] },
    }).finally(() => progress.stop())
    const { name, jobs, threads, device, yes } = flags
    const { report: written, ...swept } = await sweepVisibly(this, {
      ...{
        cwd,
        store,
        provider: repeatable,
        requests,
        name,
        jobs,
        threads,
        device,
        yes,
        toolVersion,
        hub: readHubSettings,
        readJobSettings,
      },
      extensions,
      rankAll: flags['rank-all'],
      dryRun: flags['dry-run'],
      signal: this.interrupt,
      begin:
        provider.runs === 'elsewhere' && provider.submitTogether !== undefined
          ? (runs) => submitTogether({ store, provider, runs, atOnce: jobs, signal: this.interrupt })
          : undefined,
      train: (run, own) =>
        provider.runs === 'elsewhere'
          ? trainByJob({ store, provider, run, signal: own.signal })
          : trainInChild({ ...machineOptions(flags), ...own, store, run, runSelf }),
    })
    if (written === undefined) return { ...swept, report: null }
    const { directory, page, report } = written
    return { ...swept, report: { directory, page, findings: report.findings } }
  }
}
