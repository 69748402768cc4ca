import { Flags } from '@oclif/core'
import { stringify } from 'csv-stringify/sync'
import { BaseCommand } from '../../cli/base-command.ts'
import { runColumns } from '../../cli/run-columns.ts'
import { renderRuns } from '../../cli/run-text.ts'
import { terminalWidth } from '../../cli/table.ts'
import type { RunListing } from '../../lib/tracking/list-runs.ts'
import { listRuns } from '../../lib/tracking/list-runs.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

export default class RunsList extends BaseCommand {
  static override summary = 'list fine-tuning runs, the newest first'
  static override description =
    'Running runs are blue, pending ones yellow, failed ones red, those that are not evaluated yet green. “best” is the highest accuracy of any split.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --filter ada',
    '<%= config.bin %> <%= command.id %> --all --status succeeded --tag eval',
    '<%= config.bin %> <%= command.id %> --all --csv > runs.csv',
  ]

  static override flags = {
    filter: Flags.string({ summary: 'only runs whose model name has this in it' }),
    status: Flags.string({ summary: 'only runs of this status, such as succeeded' }),
    tag: Flags.string({ summary: 'only runs with this tag' }),
    days: Flags.integer({ default: 2, min: 1, summary: 'only runs of the last so many days' }),
    all: Flags.boolean({ default: false, summary: 'runs of any age' }),
    csv: Flags.boolean({ default: false, exclusive: ['json'], summary: 'print comma-separated values' }),
  }

  async run(): Promise<RunListing> {
    const { flags } = await this.parse(RunsList)
    const { all, csv, days, ...filters } = flags
    const now = new Date()
    const listing = await listRuns({
      ...filters,
      store: new RunStore(this.home),
      days: all ? undefined : days,
      now,
      onDamaged: ({ message }) => this.logToStderr(`Warning: ${message}`),
    })
    if (csv) this.log(stringify(listing.runs.map(runColumns), { header: true }).trimEnd())
    else this.log(renderRuns(listing, { now, width: terminalWidth() }))
    return listing
  }
}
