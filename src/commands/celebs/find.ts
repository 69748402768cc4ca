import { celebsFlags, celebsOutput, searchFlags, searchOptions } from '../../cli/flags/celebs.ts'
import { askVisibly } from '../../cli/flows/ask-about-celebrities.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { renderComparisons, renderFound } from '../../cli/text/celebrities.ts'
import type { FoundCelebrities } from '../../lib/experiments/ask-about-celebrities.ts'
import { findCelebrities } from '../../lib/experiments/ask-about-celebrities.ts'

export default class CelebsFind extends BaseCommand {
  static override summary = 'find parents that a model knows, and test whether it knows their children'
  static override description =
    'Asks for each celebrity’s mother and father, keeps answers that look like a name, and asks ten times for a child of each parent. Each question is asked once: an interrupted search resumes where it stopped.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --model-name gpt-4.1-mini-2025-04-14 --num-celebrities 100',
    '<%= config.bin %> <%= command.id %> --model-name gguf:llama-7b.gguf --names celebrities.csv',
  ]

  static override flags = { ...celebsFlags, ...searchFlags }

  protected override readonly resumes = true

  async run(): Promise<FoundCelebrities> {
    const { flags } = await this.parse(CelebsFind)
    const search = await searchOptions(flags)
    const found = await askVisibly(this, flags, (asking) => {
      const output = celebsOutput(flags, { modelName: asking.modelName, suffix: 'parent_child_pairs' })
      return findCelebrities({ ...asking, ...output, ...search })
    })
    this.log(renderFound(found))
    this.log(renderComparisons([found.comparison]))
    this.log(found.file)
    return found
  }
}
