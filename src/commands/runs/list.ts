import { listFlags } from '../../cli/flags/list.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { explainNoRuns } from '../../cli/text/no-runs.ts'
import type { ShownRuns } from '../../cli/text/runs.ts'
import { renderRuns } from '../../cli/text/runs.ts'
import { terminalWidth } from '../../cli/text/table.ts'
import { syncSuggestions, told } from '../../cli/text/tracker.ts'
import { hasEnded } from '../../lib/finetuning/run-status.ts'
import type { InputError } from '../../lib/support/errors.ts'
import { listRuns } from '../../lib/tracking/list-runs.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

export interface RunsListResult extends ShownRuns {
  /** Messages about servers that could not be reached. */
  notes: string[]
  /** A command for each run that is not on Weights & Biases or the tracker that is named. */
  sync_suggestions?: string[]
}

export default class RunsList extends BaseCommand {
  static override summary = 'list fine-tuning runs, the newest first'
  static override description =
    'Running runs are blue, pending ones yellow, failed ones red, and those not evaluated yet green. “same” and “reverse” are accuracies on held-out prompts in the direction of training and in the reverse direction, as in the report’s tables. The status of hosted runs is read from their server until they end. Costs with a ~ are estimates. With a project on Weights & Biases, the list shows whether each run is synced there; unsynced runs are magenta.'
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
    const wanted = flags['use-wandb'] || (suggest && flags.tracker === undefined)
    const access = await this.tracker({ ...flags, 'use-wandb': wanted })
    const { tracker } = access
    const now = new Date()
    const store = new RunStore(this.home)
    const discover = flags.remote ? { days } : undefined
    const damaged: InputError[] = []
    const known = await store.list({ onDamaged: (error) => damaged.push(error) })
    // If all runs have ended, no server knows more about them, and the records already read are current.
    const areEnded = discover === undefined && known.every(hasEnded)
    const notes = areEnded
      ? []
      : await (await import('../../cli/flows/refresh-visibly.ts')).refreshVisibly(this, {
          ...{ store, flags, remote: flags.remote, discover },
        })
    const onDamaged = ({ message }: InputError) => this.logToStderr(`Warning: ${message}`)
    if (areEnded) damaged.forEach(onDamaged)
    const { runs: listed, older } = await listRuns({
      ...{ store, filter, status, tag, days, now, onDamaged },
      known: areEnded ? known : undefined,
      ...access,
    })
    const runs = listed.map(({ tracked, ...run }) => ({ ...run, ...told(tracker, tracked) }))
    const listing = { runs, older }
    const suggestions = tracker && suggest ? syncSuggestions(listed, tracker) : undefined
    const nothing =
      listed.length > 0
        ? undefined
        : explainNoRuns({
            ...{ runs: await store.list({ onDamaged: () => {} }), home: this.home, status, tag, filter },
          })
    if (csv) this.log(await asCsv(runs))
    else this.log(renderRuns(listing, { now, width: terminalWidth(), nothing }))
    if (suggestions !== undefined) this.log(['', ...suggestions].join('\n'))
    return { ...listing, notes, ...(suggestions && { sync_suggestions: suggestions }) }
  }
}

/** The code for CSV is loaded only when it is needed. */
async function asCsv(runs: ShownRuns['runs']): Promise<string> {
  const [{ toCsv }, { runColumns }] = await Promise.all([
    import('../../lib/reporting/tabular.ts'),
    import('../../cli/text/run-columns.ts'),
  ])
  return toCsv(runs.map(runColumns)).trimEnd()
}
