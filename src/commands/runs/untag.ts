import { Args } from '@oclif/core'
import { parseTags } from '../../cli/flags/common.ts'
import { wandbFlags } from '../../cli/flags/wandb.ts'
import type { TagRunResult } from '../../cli/flows/tag-run.ts'
import { renderTags, tagRun } from '../../cli/flows/tag-run.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

export default class RunsUntag extends BaseCommand {
  static override summary = 'take a tag off a run'
  static override examples = ['<%= config.bin %> <%= command.id %> ft-7k2m9qpd eval']

  static override args = {
    run: Args.string({ required: true, ignoreStdin: true, description: 'run ID or a unique start of it' }),
    tag: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'tag; several with commas between them',
    }),
  }

  static override flags = wandbFlags

  async run(): Promise<TagRunResult> {
    const { args, flags } = await this.parse(RunsUntag)
    const store = new RunStore(this.home)
    const wandb = await this.wandb(flags)
    const change = { remove: parseTags(args.tag) }
    const result = await tagRun({ reference: args.run, change, store, wandb })
    this.log(renderTags(result))
    return result
  }
}
