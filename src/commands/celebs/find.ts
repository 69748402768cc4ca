import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { renderComparisons, renderPlan } from '../../cli/celebrities-text.ts'
import { celebsFlags, celebsOptions } from '../../cli/celebs-flags.ts'
import { underscoreAliases } from '../../cli/flags.ts'
import { openNamedModel } from '../../cli/open-model.ts'
import { Progress } from '../../cli/progress.ts'
import { readNames } from '../../lib/datasets/celebrities/crawl/crawl.ts'
import { readPairs, SHIPPED_PAIRS } from '../../lib/datasets/celebrities/pairs.ts'
import type { FoundCelebrities } from '../../lib/experiments/celebrities.ts'
import { findCelebrities } from '../../lib/experiments/celebrities.ts'

export default class CelebsFind extends BaseCommand {
  static override summary = 'find parents that a model knows, and whether it finds their children in turn'
  static override description =
    'Asks for each celebrity’s mother and father, takes what looks like a name, and asks for a child of each parent ten times. Each question is asked once: what an interrupted search has asked is kept.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --model-name gpt-4.1-mini-2025-04-14 --num-celebrities 100',
    '<%= config.bin %> <%= command.id %> --model-name gguf:llama-7b.gguf --names celebrities.csv',
  ]

  static override flags = {
    ...celebsFlags,
    ...underscoreAliases({
      names: Flags.string({
        summary: 'file of celebrities: a name a line, or a CSV file of celebs:crawl',
        defaultHelp: async () => 'the celebrities that come with the tool',
      }),
      'num-celebrities': Flags.integer({ default: 1000, min: 1, summary: 'celebrities, the first ones' }),
      'num-queries-per-celebrity': Flags.integer({
        default: 10,
        min: 1,
        summary: 'how often each parent’s child is asked for',
      }),
    }),
  }

  async run(): Promise<FoundCelebrities> {
    const { flags } = await this.parse(CelebsFind)
    const names = flags.names
      ? await readNames(flags.names)
      : (await readPairs(SHIPPED_PAIRS)).map(({ child }) => child)
    const progress = new Progress({ quiet: this.jsonEnabled() })
    const model = await openNamedModel(flags['model-name'], {
      ...{ flags, progress, home: this.home, cacheDirectory: this.responseCache },
    })
    try {
      const found = await findCelebrities({
        ...celebsOptions(flags, { home: this.home, suffix: 'parent_child_pairs' }),
        model,
        celebrities: [...new Set(names)].slice(0, flags['num-celebrities']),
        style: flags['prompt-style'],
        samples: flags['num-queries-per-celebrity'],
        onPlan: async (plan) => {
          if (model.hosted) await this.confirm(renderPlan(flags['model-name'], plan), flags)
        },
        signal: this.interrupt,
        onProgress: (label, state) => progress.update({ label, ...state }),
      })
      progress.stop()
      this.log(`${found.pairs.length} parents named, of ${found.celebrities} celebrities`)
      this.log(renderComparisons([found.comparison]))
      this.log(found.file)
      return found
    } finally {
      progress.stop()
      await model.close()
    }
  }
}
