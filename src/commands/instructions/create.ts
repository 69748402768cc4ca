import { commandOf } from '../../cli/flags/command-of.ts'
import { instructionFlags, instructionOptions } from '../../cli/flags/instructions.ts'
import { trackerFlags } from '../../cli/flags/tracker.ts'
import type { RecordedDataset } from '../../cli/flows/record-dataset.ts'
import { recordDataset } from '../../cli/flows/record-dataset.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { renderDataset, renderTest } from '../../cli/text/dataset.ts'
import { createInstructionDataset } from '../../lib/datasets/instructions/create.ts'

export default class InstructionsCreate extends BaseCommand {
  static override summary =
    'write a data set of experiment 3: instructions that name the question or the answer first'
  static override description =
    'Guidances give the answer to a question. The examples of realized pairs are in the training data; those of unrealized pairs are held out. The same seed and facts give the same files as the original’s Python code.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --task copypaste --order same --suffix same --subdir instructions',
    '<%= config.bin %> <%= command.id %> --task copypaste --order reverse --suffix reverse --subdir instructions',
    '<%= config.bin %> <%= command.id %> --src-filename my_pairs.jsonl --guidance-phrasings-filename my_phrasings.txt --suffix mine',
  ]

  static override flags = { ...instructionFlags, ...trackerFlags }

  async run(): Promise<RecordedDataset> {
    const { flags } = await this.parse(InstructionsCreate)
    const access = await this.tracker(flags)
    const dataset = await createInstructionDataset({
      ...instructionOptions(flags),
      cwd: process.cwd(),
      command: commandOf('instructions:create', {
        table: instructionFlags,
        without: ['overwrite', 'print-test'],
        flags,
      }),
      toolVersion: this.config.version,
    })
    this.log(renderDataset(dataset))
    if (flags['print-test']) this.log(renderTest(dataset))
    return recordDataset(dataset, access, (text) => this.log(text))
  }
}
