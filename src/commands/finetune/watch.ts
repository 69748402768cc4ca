import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { Progress } from '../../cli/progress.ts'
import { showEvent } from '../../cli/training.ts'
import { openProvider } from '../../lib/finetuning/open-provider.ts'
import type { RunRecord } from '../../lib/schemas/run.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

export default class FinetuneWatch extends BaseCommand {
  static override summary = 'watch a run to its end: its step, loss and speed'
  static override description = 'Ctrl-C ends the watch, not the run.'
  static override examples = ['<%= config.bin %> <%= command.id %> ft-7k2m9qpd']

  static override args = {
    run: Args.string({ required: true, ignoreStdin: true, description: 'run ID or a unique start of it' }),
  }

  async run(): Promise<{ run: RunRecord }> {
    const { args } = await this.parse(FinetuneWatch)
    const store = new RunStore(this.home)
    const run = await store.get(args.run)
    const provider = await openProvider(run.provider, { store, toolVersion: this.config.version })
    const progress = new Progress({ quiet: this.jsonEnabled() })
    try {
      for await (const event of provider.follow(run, { signal: this.interrupt }))
        await showEvent(progress, run, event)
    } finally {
      progress.stop()
    }
    const ended = await store.get(run.id)
    const hint = ended.status === 'interrupted' ? ` Go on: reversal finetune:resume ${run.id}` : ''
    this.log(`${run.id}: ${ended.status}${ended.error === undefined ? '.' : `: ${ended.error}`}${hint}`)
    return { run: ended }
  }
}
