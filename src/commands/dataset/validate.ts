import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { loadExtensions } from '../../cli/shell/extensions.ts'
import { renderFileValidation, renderFindings } from '../../cli/text/findings.ts'
import { findDataset, findDirectory } from '../../lib/datasets/find-dataset.ts'
import type { DatasetValidation, FileValidation } from '../../lib/datasets/validate-dataset.ts'
import { validateDataset, validateTrainingFile } from '../../lib/datasets/validate-dataset.ts'
import { EXIT, InputError } from '../../lib/support/errors.ts'

export default class DatasetValidate extends BaseCommand {
  static override summary =
    'check a data set, or a training file against one: records, counts, duplicates, test prompts in the training data'
  static override description =
    'The exit code is 2 if there are errors. Warnings, such as the known flaws of the published data sets, do not make a data set invalid. With --against, checks one file for test prompts of that data set and for facts in the held-out order.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> first',
    '<%= config.bin %> <%= command.id %> data/reverse_experiments/first',
    '<%= config.bin %> <%= command.id %> augmented.jsonl --against first',
  ]

  static override args = {
    directory: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'data set (name or directory); with --against, a JSONL file',
    }),
  }

  static override flags = {
    against: Flags.string({
      summary: 'data set (name or directory) to check a training file against',
    }),
  }

  async run(): Promise<DatasetValidation | FileValidation> {
    const { args, flags } = await this.parse(DatasetValidate)
    const path = resolve(args.directory)
    const isFile = (await stat(path).catch(() => undefined))?.isFile() === true
    const validation = isFile
      ? await this.#validateFile(path, flags.against)
      : await this.#validateDirectory(args.directory, flags.against)
    if (!validation.valid) process.exitCode = EXIT.usage
    return validation
  }

  async #validateFile(file: string, against: string | undefined): Promise<FileValidation> {
    if (against === undefined) {
      throw new InputError(`${file} is a file, and its data set is unknown.`, {
        code: 'NOTHING_TO_CHECK_AGAINST',
        suggestions: ['name the data set to check it against: --against DATASET'],
      })
    }
    const { directory } = await findDataset({ name: against, cwd: process.cwd() })
    const validation = await validateTrainingFile({ file, directory })
    this.log(renderFileValidation(validation))
    return validation
  }

  async #validateDirectory(name: string, against: string | undefined): Promise<DatasetValidation> {
    if (against !== undefined) {
      throw new InputError(`There is no file ${resolve(name)} to check against ${against}.`, {
        code: 'FILE_NOT_FOUND',
      })
    }
    const directory = await findDirectory({ name, cwd: process.cwd() })
    const { datasetKinds: kinds, transforms } = await loadExtensions(this.config)
    const validation = await validateDataset({ directory, kinds, transforms })
    this.log(renderFindings(validation))
    return validation
  }
}
