import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { renderComparisons, renderPlan } from '../../cli/celebrities-text.ts'
import { celebsFlags, celebsOptions } from '../../cli/celebs-flags.ts'
import { underscoreAliases } from '../../cli/flags.ts'
import { openNamedModel } from '../../cli/open-model.ts'
import { Progress } from '../../cli/progress.ts'
import { SHIPPED_PAIRS } from '../../lib/datasets/celebrities/pairs.ts'
import { MEASURES } from '../../lib/datasets/celebrities/results.ts'
import type { TestedCelebrities } from '../../lib/experiments/celebrities.ts'
import { testCelebrities } from '../../lib/experiments/celebrities.ts'

export default class CelebsTest extends BaseCommand {
  static override summary = 'ask a model for the parent and the child of each pair'
  static override description =
    'A model that continues text is measured by the log-probability of the right name, where it gives that; any other, and one that chats, by the share of its answers that begin with the name. Each question is asked once: what an interrupted test has asked is kept.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --model-name gguf:llama-7b.gguf',
    '<%= config.bin %> <%= command.id %> --model-name gguf:llama-7b.gguf --measure answers --limit 50',
    '<%= config.bin %> <%= command.id %> --model-name gpt-4.1-mini-2025-04-14 --pairs my_pairs.csv --yes',
  ]

  static override flags = {
    ...celebsFlags,
    ...underscoreAliases({
      pairs: Flags.string({
        summary: 'CSV file of pairs: child, parent, parent_type',
        defaultHelp: async () => 'the pairs that come with the tool',
      }),
      measure: Flags.option({
        options: MEASURES,
        summary: 'share of right answers, or log-probability of the name',
        defaultHelp: async () => 'logprob where a model that does not chat gives it',
      })(),
      'num-samples': Flags.integer({ default: 10, min: 1, summary: 'answers to each question' }),
      'original-prompts': Flags.boolean({
        default: false,
        summary: 'leave out the "Q: " before child questions, as the original does for base models',
      }),
      limit: Flags.integer({ min: 1, summary: 'only so many pairs, drawn by the seed' }),
    }),
  }

  async run(): Promise<TestedCelebrities> {
    const { flags } = await this.parse(CelebsTest)
    const progress = new Progress({ quiet: this.jsonEnabled() })
    const model = await openNamedModel(flags['model-name'], {
      ...{ flags, progress, home: this.home, cacheDirectory: this.responseCache },
    })
    try {
      const tested = await testCelebrities({
        ...celebsOptions(flags, { home: this.home, suffix: 'reversal_test_results' }),
        model,
        pairsFile: flags.pairs ?? SHIPPED_PAIRS,
        prompts: { style: flags['prompt-style'], unequal: flags['original-prompts'] },
        measure: flags.measure,
        samples: flags['num-samples'],
        limit: flags.limit,
        onPlan: async (plan) => {
          if (model.hosted) await this.confirm(renderPlan(flags['model-name'], plan), flags)
        },
        signal: this.interrupt,
        onProgress: (label, state) => progress.update({ label, ...state }),
      })
      progress.stop()
      this.log(renderComparisons([tested.comparison]))
      this.log(tested.file)
      return tested
    } finally {
      progress.stop()
      await model.close()
    }
  }
}
