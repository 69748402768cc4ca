import { commandOf } from '../../cli/flags/command-of.ts'
import { fillFlags, fillModel } from '../../cli/flags/fill.ts'
import { reverseFlags, reverseOptions } from '../../cli/flags/reverse.ts'
import { trackerFlags } from '../../cli/flags/tracker.ts'
import type { RecordedDataset } from '../../cli/flows/record-dataset.ts'
import { recordDataset } from '../../cli/flows/record-dataset.ts'
import { rewriteVisibly } from '../../cli/flows/rewrite-visibly.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { renderDataset } from '../../cli/text/dataset.ts'
import { renderRewriting } from '../../cli/text/rewriting.ts'
import { createReverseDataset } from '../../lib/datasets/reverse/create.ts'

export default class DatasetReverse extends BaseCommand {
  static override summary = 'write the data set of experiment 1: fictitious names and descriptions'
  static override description =
    'There are three groups of facts: name first (p2d), description first (d2p) and both orders. Each fact is trained in some templates and tested in others, in both directions. The same seed and facts give the same files, with the same draws as the original’s Python code. With --fill llm, a model writes the sentences; answers are cached, so you pay for none twice, and an answer that changes the fact is rejected.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --dataset-name first',
    '<%= config.bin %> <%= command.id %> --num-examples-per-group 5 --num-train-examples 8 --num-test-examples 2 --seed 1',
    '<%= config.bin %> <%= command.id %> --names my_names.txt --output-dir /tmp/mine',
    '<%= config.bin %> <%= command.id %> --dataset-name written --fill llm --fill-model gpt-4.1-mini-2025-04-14',
  ]

  static override flags = { ...reverseFlags, ...fillFlags, ...trackerFlags }

  protected override readonly resumes = true

  async run(): Promise<RecordedDataset> {
    const { flags } = await this.parse(DatasetReverse)
    const access = await this.tracker(flags)
    const name = fillModel(flags)
    const { fill, 'fill-model': model } = fillFlags
    const options = {
      ...reverseOptions(flags),
      command: commandOf('dataset:reverse', {
        table: { ...reverseFlags, ...(name !== undefined && { fill, 'fill-model': model }) },
        without: ['overwrite'],
        flags,
      }),
      toolVersion: this.config.version,
    }
    const filling =
      name === undefined ? undefined : await rewriteVisibly(this, { name, dataset: options, flags })
    const dataset = await createReverseDataset({ ...options, filling })
    if (filling !== undefined) this.log(renderRewriting(filling))
    this.log(renderDataset(dataset))
    return recordDataset(dataset, access, (text) => this.log(text))
  }
}
