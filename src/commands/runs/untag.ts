import { runArgument, tagsArgument } from '../../cli/flags/arguments.ts'
import { parseTags } from '../../cli/flags/common.ts'
import { trackerFlags } from '../../cli/flags/tracker.ts'
import type { TagRunResult } from '../../cli/flows/tag-run.ts'
import { renderTags, tagRun } from '../../cli/flows/tag-run.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

export default class RunsUntag extends BaseCommand {
  static override summary = 'remove a tag from a run'
  static override examples = ['<%= config.bin %> <%= command.id %> ft-7k2m9qpd eval']

  static override args = {
    run: runArgument,
    tag: tagsArgument,
  }

  static override flags = trackerFlags

  async run(): Promise<TagRunResult> {
    const { args, flags } = await this.parse(RunsUntag)
    const store = new RunStore(this.home)
    const access = await this.tracker(flags)
    const change = { remove: parseTags(args.tag) }
    const result = await tagRun({ reference: args.run, change, store, access })
    this.log(renderTags(result, access))
    return result
  }
}
