import { Flags } from '@oclif/core'
import { runsArgument } from '../../cli/flags/arguments.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { loadExtensions } from '../../cli/shell/extensions.ts'
import { deleteRuns } from '../../lib/finetuning/delete-runs.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

export default class RunsDelete extends BaseCommand {
  static override summary = 'delete runs with their models and evaluations'
  static override examples = ['<%= config.bin %> <%= command.id %> ft-7k2m9qpd --yes']

  static override args = {
    run: runsArgument,
  }

  static override flags = {
    yes: Flags.boolean({ char: 'y', default: false, summary: 'do not ask' }),
  }

  async run(): Promise<{ deleted: string[]; left: string[] }> {
    const { args, flags } = await this.parse(RunsDelete)
    const store = new RunStore(this.home)
    const runs = await Promise.all(args.run.map((reference) => store.get(reference)))
    const ids = runs.map(({ id }) => id)
    await this.confirm(
      `Delete ${ids.join(', ')} with ${ids.length === 1 ? 'its model' : 'their models'} and evaluations?`,
      flags,
    )
    const { providers } = await loadExtensions(this.config)
    const left = await deleteRuns({ store, providers, runs })
    this.log(`Deleted ${ids.join(', ')}.`)
    for (const folder of left)
      this.log(`Not deleted, as this machine does not see it or it holds something else: ${folder}`)
    return { deleted: ids, left }
  }
}
