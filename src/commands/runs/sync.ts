import { Args, Flags } from '@oclif/core'
import { trackerPlaceFlags } from '../../cli/flags/tracker.ts'
import { tellFailure } from '../../cli/flows/tell-failure.ts'
import { chooseTracker } from '../../cli/flows/tracker.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { renderSync } from '../../cli/text/tracker.ts'
import { chooseTasks, syncRuns } from '../../lib/tracking/sync-runs.ts'
import type { SyncedRun } from '../../lib/tracking/tracker.ts'

export interface RunsSyncResult {
  runs: SyncedRun[]
  failures: { run: string; message: string }[]
}

export default class RunsSync extends BaseCommand {
  static override summary =
    'upload runs to Weights & Biases or another tracker: fields, losses, data set and evaluations'
  static override description =
    'Sends only what is missing there, so you can sync a run while it trains and again after an interruption. Without runs, sends what could not be sent before.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> ft-7k2m9qpd --wandb-entity my-team --wandb-project reversal',
    '<%= config.bin %> <%= command.id %> --all --wandb-project reversal',
    '<%= config.bin %> <%= command.id %>',
  ]

  static override args = {
    run: Args.string({
      multiple: true,
      ignoreStdin: true,
      description: 'run IDs or unique prefixes; default: everything that could not be sent before',
    }),
  }

  static override flags = {
    all: Flags.boolean({ default: false, summary: 'sync all runs of this machine' }),
    ...trackerPlaceFlags,
  }

  protected override readonly resumes = true

  async run(): Promise<RunsSyncResult> {
    const { args, flags } = await this.parse(RunsSync)
    const { run: references = [] } = args
    const { all } = flags
    const { address, tasks } = await chooseTasks({ references, all, ...(await chooseTracker(this, flags)) })

    const result: RunsSyncResult = { runs: [], failures: [] }
    for await (const outcome of syncRuns(tasks)) {
      if ('result' in outcome) {
        this.log(renderSync(outcome.result))
        result.runs.push(outcome.result)
        continue
      }
      const { name, error } = outcome
      tellFailure({ command: this, name, error, only: tasks.length === 1 })
      result.failures.push({ run: name, message: error.message })
    }
    if (tasks.length === 0) {
      this.log(all ? 'There are no runs to sync.' : `There is nothing left to send to ${address}.`)
    }
    return result
  }
}
