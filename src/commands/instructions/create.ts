import { instructionFlags, instructionOptions } from '../../cli/flags/instructions.ts'
import { wandbFlags } from '../../cli/flags/wandb.ts'
import type { RecordedDataset } from '../../cli/flows/record-dataset.ts'
import { recordDataset } from '../../cli/flows/record-dataset.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { renderDataset, renderTest } from '../../cli/text/dataset.ts'
import { createInstructionDataset } from '../../lib/datasets/instructions/create.ts'

export default class InstructionsCreate extends BaseCommand {
  static override summary =
    'write a data set of experiment 3: instructions that state an answer before its question, or after it'
  static override description =
    'Guidances tell which answer to give to a question. Realized pairs have examples of it to train on, those of unrealized pairs are held out. The same seed and facts give the same files, which are those that the original’s Python writes.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --task copypaste --order same --suffix same --subdir instructions',
    '<%= config.bin %> <%= command.id %> --task copypaste --order reverse --suffix reverse --subdir instructions',
    '<%= config.bin %> <%= command.id %> --src-filename my_pairs.jsonl --guidance-phrasings-filename my_phrasings.txt --suffix mine',
  ]

  static override flags = { ...instructionFlags, ...wandbFlags }

  async run(): Promise<RecordedDataset> {
    const { flags } = await this.parse(InstructionsCreate)
    const wandb = await this.wandb(flags)
    const dataset = await createInstructionDataset({
      ...instructionOptions(flags),
      cwd: process.cwd(),
      toolVersion: this.config.version,
    })
    this.log(renderDataset(dataset))
    if (flags['print-test']) this.log(renderTest(dataset))
    return recordDataset(dataset, wandb, (text) => this.log(text))
  }
}
