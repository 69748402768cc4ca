import { resolve } from 'node:path'
import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { renderFindings } from '../../cli/findings-text.ts'
import type { DatasetValidation } from '../../lib/datasets/validate.ts'
import { validateDataset } from '../../lib/datasets/validate.ts'
import { EXIT } from '../../lib/support/errors.ts'

export default class DatasetValidate extends BaseCommand {
  static override summary = 'check a data set: records, counts, duplicates, leaks between training and test'
  static override description =
    'Exit code 2 where something is wrong. Warnings, such as the known flaws of the published data sets, leave a data set valid.'
  static override examples = ['<%= config.bin %> <%= command.id %> data/reverse_experiments/first']

  static override args = {
    directory: Args.string({ required: true, ignoreStdin: true, description: 'directory of the data set' }),
  }

  async run(): Promise<DatasetValidation> {
    const { args } = await this.parse(DatasetValidate)
    const validation = await validateDataset(resolve(args.directory))
    this.log(renderFindings(validation))
    if (!validation.valid) process.exitCode = EXIT.usage
    return validation
  }
}
