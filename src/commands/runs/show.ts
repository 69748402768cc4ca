import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { renderRun } from '../../cli/run-text.ts'
import type { EvaluationSummary } from '../../lib/schemas/evaluation.ts'
import type { RunRecord } from '../../lib/schemas/run.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

export interface RunsShowResult {
  run: RunRecord
  directory: string
  evaluations: EvaluationSummary[]
}

export default class RunsShow extends BaseCommand {
  static override summary = 'show a run: its hyperparameters, how its loss went, its evaluations'
  static override examples = ['<%= config.bin %> <%= command.id %> ft-7k2m9qpd']

  static override args = {
    run: Args.string({ required: true, ignoreStdin: true, description: 'run ID or a unique start of it' }),
  }

  async run(): Promise<RunsShowResult> {
    const { args } = await this.parse(RunsShow)
    const store = new RunStore(this.home)
    const run = await store.get(args.run)
    const [events, evaluations] = await Promise.all([store.events(run.id), store.evaluations(run.id)])
    const directory = store.directory(run.id)
    this.log(renderRun(run, { events, evaluations, directory, now: new Date() }))
    return { run, directory, evaluations }
  }
}
