import { celebsFlags, celebsOutput, pairsFlags, pairsOptions } from '../../cli/flags/celebs.ts'
import { askVisibly } from '../../cli/flows/ask-about-celebrities.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { renderComparisons } from '../../cli/text/celebrities.ts'
import type { TestedCelebrities } from '../../lib/experiments/ask-about-celebrities.ts'
import { testCelebrities } from '../../lib/experiments/ask-about-celebrities.ts'

export default class CelebsTest extends BaseCommand {
  static override summary = 'ask a model for the parent and the child of each pair'
  static override description =
    'A model that continues text is measured by the log-probability of the right name, where it gives that; any other, and one that chats, by the share of its answers that begin with the name. Each question is asked once: what an interrupted test has asked is kept.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --model-name gguf:llama-7b.gguf',
    '<%= config.bin %> <%= command.id %> --model-name gguf:llama-7b.gguf --measure answers --limit 50',
    '<%= config.bin %> <%= command.id %> --model-name gpt-4.1-mini-2025-04-14 --pairs my_pairs.csv --yes',
  ]

  static override flags = { ...celebsFlags, ...pairsFlags }

  async run(): Promise<TestedCelebrities> {
    const { flags } = await this.parse(CelebsTest)
    const options = { ...celebsOutput(flags, 'reversal_test_results'), ...pairsOptions(flags) }
    const tested = await askVisibly(this, flags, (asking) => testCelebrities({ ...asking, ...options }))
    this.log(renderComparisons([tested.comparison]))
    this.log(tested.file)
    return tested
  }
}
