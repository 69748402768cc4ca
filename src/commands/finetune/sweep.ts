import { machineOptions } from '../../cli/flags/finetune.ts'
import { divideMachine, gridOf, sweepFlags } from '../../cli/flags/sweep.ts'
import type { SweepResult } from '../../cli/flows/sweep.ts'
import { chooseEvaluator, evaluateSweep, trainSweep } from '../../cli/flows/sweep.ts'
import { trainInChild } from '../../cli/flows/train-visibly.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { renderReportEnd } from '../../cli/text/report.ts'
import { renderSweepEstimate } from '../../cli/text/sweep.ts'
import { estimateSweep } from '../../lib/experiments/run-sweep.ts'
import { sweepRequests } from '../../lib/experiments/sweep-grid.ts'
import { openProvider } from '../../lib/finetuning/open-provider.ts'
import { isHosted } from '../../lib/finetuning/provider.ts'
import { reportRuns } from '../../lib/reporting/report-runs.ts'
import { refuseOther, reportDirectory } from '../../lib/reporting/write-report.ts'
import { InputError } from '../../lib/support/errors.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

export interface FinetuneSweepResult extends SweepResult {
  estimate: Awaited<ReturnType<typeof estimateSweep>>
  /** Where its report lies; null where nothing was trained. */
  report: { directory: string; page: string; findings: string[] } | null
}

export default class FinetuneSweep extends BaseCommand {
  static override summary = 'fine-tune over a grid of settings, evaluate every run and write a report'
  static override description =
    'Makes a run for every combination of models, learning-rate multipliers, batch sizes, epochs and seeds. Interrupted, the same command goes on: runs that are there are used again.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --dataset-name first --preset figure7',
    '<%= config.bin %> <%= command.id %> --dataset-name first --model-name ada,babbage --seed 1,2,3 --name sizes',
    '<%= config.bin %> <%= command.id %> --dataset-name first --learning-rate-multiplier 0.1,0.2 --batch-size 8,16 --dry-run',
  ]

  static override flags = sweepFlags

  async run(): Promise<FinetuneSweepResult> {
    const { flags } = await this.parse(FinetuneSweep)
    const { name, jobs, threads, device } = flags
    const toolVersion = this.config.version
    const [cwd, signal, store] = [process.cwd(), this.interrupt, new RunStore(this.home)]
    const provider = await openProvider(flags.provider, { store, ...machineOptions(flags), toolVersion })
    if (isHosted(provider)) {
      throw new InputError('A sweep trains on this machine: hosted runs begin with finetune:start.', {
        code: 'SWEEP_HOSTED',
      })
    }
    const requests = await sweepRequests({
      ...{ cwd, grid: gridOf(flags), epochsGiven: flags['n-epochs'] !== undefined },
      ...{ provider: flags.provider, datasetName: flags['dataset-name'], label: flags.label },
      ...{ trainingFile: flags['training-file'], validationFile: flags['validation-file'] },
    })
    const evaluator = await chooseEvaluator({ ...requests[0]!, rankAll: flags['rank-all'] })
    await refuseOther(reportDirectory({ cwd, name }))
    const machine = divideMachine({ jobs, threads, device, runs: requests.length })
    const estimate = await estimateSweep({ provider, requests })
    this.logToStderr(renderSweepEstimate(requests, estimate, machine))
    if (flags['dry-run']) return { runs: [], failures: [], estimate, report: null }
    if (estimate.costUsd !== 0) await this.confirm(`Start ${requests.length} fine-tunes?`, flags)

    const result = await trainSweep(this, {
      ...{ store, provider, requests, tag: name, toolVersion, signal, jobs: machine.jobs },
      train: (run) =>
        trainInChild({ ...machineOptions(flags), store, run, signal, threads: machine.threads }),
    })
    if (result.runs.length === 0) return { ...result, estimate, report: null }
    await evaluateSweep(this, result, {
      ...{ store, evaluator, toolVersion, signal, device, threads },
      rankAll: flags['rank-all'],
    })
    const written = await reportRuns({
      store,
      runs: result.runs,
      cwd,
      name,
      toolVersion,
      now: new Date(),
      signal,
    })
    this.log(renderReportEnd(written))
    const { directory, page, report } = written
    return { ...result, estimate, report: { directory, page, findings: report.findings } }
  }
}
