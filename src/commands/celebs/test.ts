import { relative } from 'node:path'
import { celebsFlags, celebsOutput, pairsFlags, pairsOptions } from '../../cli/flags/celebs.ts'
import { askVisibly } from '../../cli/flows/ask-about-celebrities.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { renderComparisons } from '../../cli/text/celebrities.ts'
import type { TestedCelebrities } from '../../lib/experiments/ask-about-celebrities.ts'
import { testCelebrities } from '../../lib/experiments/ask-about-celebrities.ts'
import { commandLine } from '../../lib/support/command-line.ts'

export default class CelebsTest extends BaseCommand {
  static override summary = 'ask a model for the parent and the child of each pair'
  static override description =
    'Measures the log-probability of the right name where the model completes text and gives log-probabilities; otherwise, and for chat models, the share of answers that begin with the name. Each question is asked once: an interrupted test resumes where it stopped.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --model-name gguf:llama-7b.gguf',
    '<%= config.bin %> <%= command.id %> --model-name gguf:llama-7b.gguf --measure answers --limit 50',
    '<%= config.bin %> <%= command.id %> --model-name gpt-4.1-mini-2025-04-14 --pairs my_pairs.csv --yes',
  ]

  static override flags = { ...celebsFlags, ...pairsFlags }

  protected override readonly resumes = true

  async run(): Promise<TestedCelebrities> {
    const { flags } = await this.parse(CelebsTest)
    const options = { ...celebsOutput(flags, 'reversal_test_results'), ...pairsOptions(flags) }
    const tested = await askVisibly(this, flags, (asking) => testCelebrities({ ...asking, ...options }))
    this.log(renderComparisons([tested.comparison]))
    this.log(tested.file)
    const file = relative('', tested.file)
    this.log(
      `Next, the figure and the tests: ${commandLine('eval:report', { args: ['--celebrities', file] })}`,
    )
    return tested
  }
}
