import { Args, Flags } from '@oclif/core'
import { wandbPlaceFlags } from '../../cli/flags/wandb.ts'
import { tellFailure } from '../../cli/flows/tell-failure.ts'
import { openWandb } from '../../cli/flows/wandb.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { renderSync } from '../../cli/text/wandb.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'
import { chooseTasks, syncRuns } from '../../lib/tracking/wandb/sync-runs.ts'
import type { SyncedRun } from '../../lib/tracking/wandb/tracker.ts'

export interface RunsSyncResult {
  runs: SyncedRun[]
  failures: { run: string; message: string }[]
}

export default class RunsSync extends BaseCommand {
  static override summary =
    'bring Weights & Biases to hold what is here of a run: fields, losses, data set, evaluations'
  static override description =
    'Only what is not there yet is sent, so that a run can be synced again while it grows, and after an interruption. Without runs, what could not be sent before is sent.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> ft-7k2m9qpd --wandb-entity my-team --wandb-project reversal',
    '<%= config.bin %> <%= command.id %> --all --wandb-project reversal',
    '<%= config.bin %> <%= command.id %>',
  ]

  static override args = {
    run: Args.string({
      multiple: true,
      ignoreStdin: true,
      description: 'run IDs or unique starts of them; none: all that waits to be sent',
    }),
  }

  static override flags = {
    all: Flags.boolean({ default: false, summary: 'sync all runs of this machine' }),
    ...wandbPlaceFlags,
  }

  async run(): Promise<RunsSyncResult> {
    const { args, flags } = await this.parse(RunsSync)
    const say = (text: string) => this.logToStderr(text)
    const wandb = await openWandb({ flags, home: this.home, say })
    const store = new RunStore(this.home)
    const tasks = await chooseTasks({ store, references: args.run ?? [], all: flags.all, ...wandb })

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
    const { baseUrl } = wandb.settings
    if (tasks.length === 0) {
      this.log(flags.all ? 'There is no run to sync.' : `Nothing waits to be sent to ${baseUrl}.`)
    }
    return result
  }
}
