import { listFlags } from '../../cli/flags/list.ts'
import { refreshVisibly } from '../../cli/flows/refresh-visibly.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { renderRuns } from '../../cli/text/run.ts'
import { runColumns } from '../../cli/text/run-columns.ts'
import { terminalWidth } from '../../cli/text/table.ts'
import { syncSuggestions } from '../../cli/text/wandb.ts'
import { toCsv } from '../../lib/reporting/tabular.ts'
import type { RunListing } from '../../lib/tracking/list-runs.ts'
import { listRuns } from '../../lib/tracking/list-runs.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'
import { wandbStates } from '../../lib/tracking/wandb/run-states.ts'

export interface RunsListResult extends RunListing {
  /** What could not be found out at servers. */
  notes: string[]
  /** A command for each run that is not on Weights & Biases. */
  sync_suggestions?: string[]
}

export default class RunsList extends BaseCommand {
  static override summary = 'list fine-tuning runs, the newest first'
  static override description =
    'Running runs are blue, pending ones yellow, failed ones red, those that are not evaluated yet green. “same” and “reverse” are accuracies on held-out prompts in the direction of training and in the other, as the report’s tables have them. How hosted runs are is asked of their server as long as they have not ended. Costs with a ~ are estimates. With a project on Weights & Biases its state of each run is shown, and runs that are not synced are magenta.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --filter ada',
    '<%= config.bin %> <%= command.id %> --all --status succeeded --tag eval',
    '<%= config.bin %> <%= command.id %> --all --csv > runs.csv',
    '<%= config.bin %> <%= command.id %> --remote --days 30',
    '<%= config.bin %> <%= command.id %> --wandb-entity my-team --wandb-project reversal --sync-suggestions',
  ]

  static override flags = listFlags

  async run(): Promise<RunsListResult> {
    const { flags } = await this.parse(RunsList)
    const { all, csv, filter, status, tag } = flags
    const days = all ? undefined : flags.days
    const suggest = flags['sync-suggestions']
    const access = await this.wandb({ ...flags, 'use-wandb': flags['use-wandb'] || suggest })
    const { tracker } = access
    const now = new Date()
    const store = new RunStore(this.home)
    const discover = flags.remote ? { days } : undefined
    const notes = await refreshVisibly(this, { store, flags, remote: flags.remote, discover })
    const listing = await listRuns({
      ...{ store, filter, status, tag, days, now },
      onDamaged: ({ message }) => this.logToStderr(`Warning: ${message}`),
      states: tracker && ((runs) => wandbStates({ ...access, tracker, runs })),
    })
    const suggestions = tracker && suggest ? syncSuggestions(listing.runs, tracker.named) : undefined
    if (csv) this.log(toCsv(listing.runs.map(runColumns)).trimEnd())
    else this.log(renderRuns(listing, { now, width: terminalWidth() }))
    if (suggestions !== undefined) this.log(['', ...suggestions].join('\n'))
    return { ...listing, notes, ...(suggestions && { sync_suggestions: suggestions }) }
  }
}
