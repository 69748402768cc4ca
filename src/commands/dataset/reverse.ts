import { fillFlags, fillModel } from '../../cli/flags/fill.ts'
import { reverseFlags, reverseOptions } from '../../cli/flags/reverse.ts'
import { wandbFlags } from '../../cli/flags/wandb.ts'
import type { RecordedDataset } from '../../cli/flows/record-dataset.ts'
import { recordDataset } from '../../cli/flows/record-dataset.ts'
import { renderRewriting, rewriteVisibly } from '../../cli/flows/rewrite-visibly.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { renderDataset } from '../../cli/text/dataset.ts'
import { createReverseDataset } from '../../lib/datasets/reverse/create.ts'

export default class DatasetReverse extends BaseCommand {
  static override summary = 'write the data set of experiment 1: fictitious names and descriptions'
  static override description =
    'Three groups of facts: told name first (p2d), description first (d2p) and in both orders. Each is trained in some templates and tested in others, in both directions. The same seed and facts give the same files, which are those that the original’s Python draws. With --fill llm a model writes the sentences; each answer is kept, so that none is paid for twice, and one that changes the fact is not taken.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --dataset-name first',
    '<%= config.bin %> <%= command.id %> --num-examples-per-group 5 --num-train-examples 8 --num-test-examples 2 --seed 1',
    '<%= config.bin %> <%= command.id %> --names my_names.txt --output-dir /tmp/mine',
    '<%= config.bin %> <%= command.id %> --dataset-name written --fill llm --fill-model gpt-4.1-mini-2025-04-14',
  ]

  static override flags = { ...reverseFlags, ...fillFlags, ...wandbFlags }

  async run(): Promise<RecordedDataset> {
    const { flags } = await this.parse(DatasetReverse)
    const wandb = await this.wandb(flags)
    const options = { ...reverseOptions(flags), toolVersion: this.config.version }
    const name = fillModel(flags)
    const filling =
      name === undefined ? undefined : await rewriteVisibly(this, { name, dataset: options, flags })
    const dataset = await createReverseDataset({ ...options, filling })
    if (filling !== undefined) this.log(renderRewriting(filling))
    this.log(renderDataset(dataset))
    return recordDataset(dataset, wandb, (text) => this.log(text))
  }
}
