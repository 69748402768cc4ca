import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import type { RunRecord } from '../../lib/schemas/run.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

export default class RunsTag extends BaseCommand {
  static override summary = 'tag a run, so that eval:run --tag finds it'
  static override examples = ['<%= config.bin %> <%= command.id %> ft-7k2m9qpd eval']

  static override args = {
    run: Args.string({ required: true, ignoreStdin: true, description: 'run ID or a unique start of it' }),
    tag: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'tag; several with commas between them',
    }),
  }

  async run(): Promise<{ run: RunRecord }> {
    const { args } = await this.parse(RunsTag)
    const store = new RunStore(this.home)
    const { id } = await store.get(args.run)
    const run = await store.tag(id, { add: args.tag.split(',') })
    this.log(`${id} has ${run.tags.length === 0 ? 'no tags' : `the tags ${run.tags.join(', ')}`}.`)
    return { run }
  }
}
