import { Args, Flags } from '@oclif/core'
import { underscoreAliases } from '../cli/flags/common.ts'
import { machineFlags } from '../cli/flags/finetune.ts'
import type { CelebritiesReproduction } from '../cli/flows/reproduce-celebrities.ts'
import { reproduceCelebrities } from '../cli/flows/reproduce-celebrities.ts'
import type { Experiment, Reproduction } from '../cli/flows/reproduction.ts'
import { EXPERIMENTS, reportName, reproduce, runIdsOf } from '../cli/flows/reproduction.ts'
import { showEvent } from '../cli/flows/train-visibly.ts'
import { BaseCommand } from '../cli/shell/base-command.ts'
import { Progress } from '../cli/shell/progress.ts'
import { renderReportEnd } from '../cli/text/report.ts'
import { reportRuns } from '../lib/reporting/report-runs.ts'
import { RunStore } from '../lib/tracking/run-store.ts'
import ReproduceCelebrities from './reproduce/celebrities.ts'

/** Experiment 2 runs on a model that the user has, and has flags of its own. */
const CELEBRITIES = 'celebrities'

/** That of the (first) seed, and what all of them come to. */
export type ReproduceResult = Reproduction & {
  /** One for each seed. */
  results: Reproduction[]
  report: { directory: string; page: string; findings: string[] }
}

export default class Reproduce extends BaseCommand {
  static override summary = 'run an experiment of the paper from facts to table, offline'
  static override description =
    'Writes the data set, trains a local model on it, evaluates it in both directions, prints the paper’s numbers beside its own and writes a report. What an earlier time made is used again.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --quick',
    '<%= config.bin %> <%= command.id %> --seeds 1,2,3',
    '<%= config.bin %> <%= command.id %> instructions',
    '<%= config.bin %> <%= command.id %> celebrities --pairs my_pairs.csv --model-name gguf:llama-7b.gguf',
    '<%= config.bin %> <%= command.id %> --model-name babbage --seed 1 --json',
  ]

  static override args = {
    experiment: Args.string({
      options: [...EXPERIMENTS, CELEBRITIES],
      default: 'reverse',
      ignoreStdin: true,
      description:
        'experiment 1 (reverse: names and descriptions), 3 (instructions) or 2 (celebrities, on a model that you have: see reproduce:celebrities)',
    }),
  }

  static override flags = {
    ...machineFlags,
    ...underscoreAliases({
      quick: Flags.boolean({ default: false, summary: 'a small data set, which takes seconds' }),
      'model-name': Flags.string({ default: 'ada', summary: 'local model: ada, babbage, curie, davinci' }),
      seed: Flags.integer({ default: 42, summary: 'seed of the facts and of the first weights' }),
      seeds: Flags.integer({
        multiple: true,
        multipleNonGreedy: true,
        delimiter: ',',
        exclusive: ['seed'],
        summary: 'several seeds, such as 1,2,3, taken together in the report',
      }),
      fresh: Flags.boolean({ default: false, summary: 'start over, also where a result is there' }),
    }),
  }

  async run(): Promise<ReproduceResult | CelebritiesReproduction> {
    const position = this.argv.indexOf(CELEBRITIES)
    if (position >= 0) {
      const { flags } = await this.parse(ReproduceCelebrities, this.argv.toSpliced(position, 1))
      return reproduceCelebrities(this, flags)
    }
    const { args, flags } = await this.parse(Reproduce)
    const experiment = args.experiment as Experiment
    const progress = new Progress({ quiet: this.jsonEnabled() })
    const store = new RunStore(this.home)
    const options = {
      ...flags,
      cwd: process.cwd(),
      store,
      model: flags['model-name'].replace(/^local\//, ''),
      toolVersion: this.config.version,
      signal: this.interrupt,
      onTraining: showEvent.bind(undefined, progress),
      onEvaluation: (state: { done: number; total: number }) =>
        progress.update({ label: 'Evaluating', ...state }),
    }
    try {
      const results: Reproduction[] = []
      for (const seed of flags.seeds ?? [flags.seed]) {
        const reproduced = await reproduce(experiment, { ...options, seed })
        progress.stop()
        this.log(`${reproduced.text}\n`)
        results.push(reproduced.result)
      }
      const ids = [...new Set(results.flatMap(runIdsOf))]
      const written = await reportRuns({
        ...options,
        runs: await Promise.all(ids.map((id) => store.get(id))),
        name: reportName(experiment, options),
        now: new Date(),
      })
      this.log(renderReportEnd(written))
      const { directory, page, report } = written
      return { ...results[0]!, results, report: { directory, page, findings: report.findings } }
    } finally {
      progress.stop()
    }
  }
}
