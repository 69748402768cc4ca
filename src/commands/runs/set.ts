import { Args, Flags } from '@oclif/core'
import { wandbPlaceFlags } from '../../cli/flags/wandb.ts'
import { openProject } from '../../cli/flows/wandb.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { renderConfigChanges } from '../../cli/text/wandb.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'
import type { ConfigChange } from '../../lib/tracking/wandb/set-config.ts'
import { parseAssignments, previewConfig } from '../../lib/tracking/wandb/set-config.ts'

export interface RunsSetResult {
  run: string
  changes: ConfigChange[]
  url: string
}

export default class RunsSet extends BaseCommand {
  static override summary = 'set values in the config of a run on Weights & Biases'
  static override description =
    'A value that is JSON is taken as such, anything else as text. Shows what changes and asks before it is done. Values that are set stay when the run is synced again.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> ft-7k2m9qpd note="first try" group=3 --wandb-project reversal',
    "<%= config.bin %> <%= command.id %> ft-7k2m9qpd 'layers=[1, 2]' --wandb-project reversal --yes",
  ]

  static override args = {
    run: Args.string({ required: true, ignoreStdin: true, description: 'run ID or a unique start of it' }),
    values: Args.string({
      required: true,
      multiple: true,
      ignoreStdin: true,
      description: 'KEY=VALUE, as many as you like',
    }),
  }

  static override flags = {
    yes: Flags.boolean({ char: 'y', default: false, summary: 'do not ask' }),
    ...wandbPlaceFlags,
  }

  async run(): Promise<RunsSetResult> {
    const { args, flags } = await this.parse(RunsSet)
    const values = parseAssignments(args.values)
    const say = (text: string) => this.logToStderr(text)
    const tracker = await openProject({ flags, home: this.home, say })
    const run = (await new RunStore(this.home).resolve(args.run)) ?? args.run
    const changes = await previewConfig(tracker, run, values)
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
