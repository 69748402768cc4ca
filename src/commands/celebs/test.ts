import { relative } from 'node:path'
import { celebsFlags, celebsOutput, pairsFlags, pairsOptions } from '../../cli/flags/celebs.ts'
import { batchFlags } from '../../cli/flags/server.ts'
import { trackerFlags } from '../../cli/flags/tracker.ts'
import { askVisibly } from '../../cli/flows/ask-about-celebrities.ts'
import { recordTest } from '../../cli/flows/record-test.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { renderComparisons, renderSent } from '../../cli/text/celebrities.ts'
import type { Tracked } from '../../cli/text/tracker.ts'
import type { TestedCelebrities } from '../../lib/experiments/ask-about-celebrities.ts'
import { isCompleteTest, testCelebrities } from '../../lib/experiments/ask-about-celebrities.ts'
import { commandLine } from '../../lib/support/command-line.ts'
import type { SyncedRun } from '../../lib/tracking/tracker.ts'

export default class CelebsTest extends BaseCommand {
  static override summary = 'ask a model for the parent and the child of each pair'
  static override description =
    'Measures the log-probability of the right name if the model completes text and gives log-probabilities; otherwise, and for chat models, the share of answers that begin with the name. Each question is asked once: an interrupted test resumes where it stopped. The answers are stored as an evaluation with the evaluator celebrities, which eval:compare and eval:report can use.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --model-name gguf:llama-7b.gguf',
    '<%= config.bin %> <%= command.id %> --model-name gguf:llama-7b.gguf --measure answers --limit 50',
    '<%= config.bin %> <%= command.id %> --model-name gpt-4.1-mini-2025-04-14 --pairs my_pairs.csv --yes',
    '<%= config.bin %> <%= command.id %> --model-name gpt-4.1-mini-2025-04-14 --batch --yes',
  ]

  static override flags = { ...celebsFlags, ...pairsFlags, ...batchFlags, ...trackerFlags }

  protected override readonly resumes = true

  async run(): Promise<TestedCelebrities & Tracked<SyncedRun>> {
    const { flags } = await this.parse(CelebsTest)
    const access = await this.tracker(flags)
    const tested = await askVisibly(this, flags, (asking) => {
      const output = celebsOutput(flags, { modelName: asking.modelName, suffix: 'reversal_test_results' })
      const batch = flags.batch || flags.detach
      return testCelebrities({ ...asking, ...output, ...pairsOptions(flags), batch })
    })
    if (!isCompleteTest(tested)) {
      this.log(renderSent(flags['base-url']))
      return tested
    }
    this.log(renderComparisons([tested.comparison]))
    this.log(tested.file)
    const tracked = await recordTest(this, tested, access)
    const file = relative('', tested.file)
    this.log(
      `Next, the figure and the tests: ${commandLine('eval:report', { args: ['--celebrities', file] })}`,
    )
    return { ...tested, ...tracked }
  }
}
