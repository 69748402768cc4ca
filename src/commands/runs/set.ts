import { Args, Flags } from '@oclif/core'
import { runArgument } from '../../cli/flags/arguments.ts'
import { trackerPlaceFlags } from '../../cli/flags/tracker.ts'
import { chooseTracker } from '../../cli/flows/tracker.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { renderConfigChanges } from '../../cli/text/tracker.ts'
import { parseAssignments } from '../../lib/tracking/parse-assignments.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'
import type { ConfigChange } from '../../lib/tracking/tracker.ts'

export interface RunsSetResult {
  run: string
  changes: ConfigChange[]
  url: string
}

export default class RunsSet extends BaseCommand {
  static override summary = 'set values in the config of a run on Weights & Biases or another tracker'
  static override description =
    'Values that are JSON are read as JSON, all others as text. Shows the changes and asks first. Later syncs keep these values.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> ft-7k2m9qpd note="first try" group=3 --wandb-project reversal',
    "<%= config.bin %> <%= command.id %> ft-7k2m9qpd 'layers=[1, 2]' --wandb-project reversal --yes",
  ]

  static override args = {
    run: runArgument,
    values: Args.string({
      required: true,
      multiple: true,
      ignoreStdin: true,
      description: 'KEY=VALUE; may be repeated',
    }),
  }

  static override flags = {
    yes: Flags.boolean({ char: 'y', default: false, summary: 'do not ask' }),
    ...trackerPlaceFlags,
  }

  async run(): Promise<RunsSetResult> {
    const { args, flags } = await this.parse(RunsSet)
    const values = parseAssignments(args.values)
    const { descriptor, settings } = await chooseTracker(this, flags)
    const tracker = await descriptor.open(settings)
    const run = (await new RunStore(this.home).resolve(args.run)) ?? args.run
    const changes = await tracker.previewConfig(run, values)
    const url = await tracker.url(run)
    this.log(renderConfigChanges(run, changes))
    if (changes.length > 0) {
      await this.confirm(`Write this to ${url}?`, flags)
      await tracker.setConfig(run, values)
      this.log(url)
    }
    return { run, changes, url }
  }
}
