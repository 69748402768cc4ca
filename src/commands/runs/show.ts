import { Flags } from '@oclif/core'
import { runArgument } from '../../cli/flags/arguments.ts'
import { underscoreAliases } from '../../cli/flags/common.ts'
import { addressFlags, HOSTED_MODELS } from '../../cli/flags/server.ts'
import { refreshVisibly } from '../../cli/flows/refresh-visibly.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { renderRun } from '../../cli/text/run.ts'
import type { ResultRow } from '../../lib/finetuning/openai/result-file.ts'
import { readResults } from '../../lib/finetuning/openai/result-file.ts'
import type { EvaluationSummary } from '../../lib/schemas/evaluation.ts'
import type { RunEvent, RunRecord } from '../../lib/schemas/run.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

export interface RunsShowResult {
  run: RunRecord
  directory: string
  /** All but the steps, whose losses are many. */
  events: RunEvent[]
  /** Rows of a hosted run's result file. */
  results: ResultRow[] | null
  evaluations: EvaluationSummary[]
  /** Messages about data that the server did not give. */
  notes: string[]
}

export default class RunsShow extends BaseCommand {
  static override summary = 'show a run: its hyperparameters, loss curve and evaluations'
  static override description =
    'For hosted runs, also shows the server’s messages, the checkpoints and the losses from the result file, which is fetched once.'
  static override examples = ['<%= config.bin %> <%= command.id %> ft-7k2m9qpd']

  static override args = {
    run: runArgument,
  }

  static override flags = underscoreAliases({
    ...addressFlags,
    remote: Flags.boolean({
      default: true,
      allowNo: true,
      summary: 'ask the server of a hosted run for new data; --no-remote does not',
      helpGroup: HOSTED_MODELS,
    }),
  })

  async run(): Promise<RunsShowResult> {
    const { args, flags } = await this.parse(RunsShow)
    const store = new RunStore(this.home)
    const { id } = await store.get(args.run)
    const notes = await refreshVisibly(this, { store, flags, runs: [id], remote: flags.remote })
    const run = await store.get(id)
    const directory = store.directory(id)
    const [events, results, evaluations] = await Promise.all([
      store.events(id),
      readResults(directory),
      store.evaluations(id),
    ])
    this.log(renderRun(run, { events, results, evaluations, directory, now: new Date() }))
    return {
      run,
      directory,
      events: events.filter(({ type }) => type !== 'step'),
      results: results ?? null,
      evaluations,
      notes,
    }
  }
}
