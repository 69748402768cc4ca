import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { renderDataset } from '../../cli/dataset-text.ts'
import { underscoreAliases } from '../../cli/flags.ts'
import type { RecordedDataset } from '../../cli/record-dataset.ts'
import { recordDataset } from '../../cli/record-dataset.ts'
import { wandbFlags } from '../../cli/wandb-flags.ts'
import { createReverseDataset } from '../../lib/datasets/reverse/create.ts'

export default class DatasetReverse extends BaseCommand {
  static override summary = 'write the data set of experiment 1: fictitious names and descriptions'
  static override description =
    'Three groups of facts: told name first (p2d), description first (d2p) and in both orders. Each is trained in some templates and tested in others, in both directions. The same seed and facts give the same files, which are those that the original’s Python draws.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --dataset-name first',
    '<%= config.bin %> <%= command.id %> --num-examples-per-group 5 --num-train-examples 8 --num-test-examples 2 --seed 1',
    '<%= config.bin %> <%= command.id %> --names my_names.txt --output-dir /tmp/mine',
  ]

  static override flags = {
    ...wandbFlags,
    ...underscoreAliases({
      'num-examples-per-group': Flags.integer({
        default: 30,
        min: 2,
        summary: 'facts in each of the three groups',
      }),
      'num-train-examples': Flags.integer({
        default: 30,
        min: 1,
        summary: 'templates to train on: the first ones',
      }),
      'num-test-examples': Flags.integer({
        default: 10,
        min: 1,
        summary: 'templates to test on: the next ones',
      }),
      seed: Flags.integer({ default: 42, summary: 'seed of the draw of names and descriptions' }),
      'dataset-name': Flags.string({
        summary: 'name of the data set’s directory',
        defaultHelp: async () => 'the options and a hash of the content',
      }),
      'output-dir': Flags.string({
        summary: 'directory to write, or with --dataset-name the one to write it in',
        defaultHelp: async () => 'data/reverse_experiments/NAME',
      }),
      overwrite: Flags.boolean({ default: false, summary: 'replace a data set that is there' }),
      names: Flags.string({ summary: 'file of names, one a line', helpGroup: 'FACTS' }),
      descriptions: Flags.string({ summary: 'file of descriptions, one a line', helpGroup: 'FACTS' }),
      'p2d-templates': Flags.string({
        summary: 'file of templates with <name> before <description>',
        helpGroup: 'FACTS',
      }),
      'd2p-templates': Flags.string({
        summary: 'file of templates with <description> before <name>',
        helpGroup: 'FACTS',
      }),
    }),
  }

  async run(): Promise<RecordedDataset> {
    const { flags } = await this.parse(DatasetReverse)
    const wandb = await this.wandb(flags)
    const dataset = await createReverseDataset({
      cwd: process.cwd(),
      examplesPerGroup: flags['num-examples-per-group'],
      trainExamples: flags['num-train-examples'],
      testExamples: flags['num-test-examples'],
      seed: flags.seed,
      datasetName: flags['dataset-name'],
      outputDir: flags['output-dir'],
      factFiles: {
        names: flags.names,
        descriptions: flags.descriptions,
        p2dTemplates: flags['p2d-templates'],
        d2pTemplates: flags['d2p-templates'],
      },
      overwrite: flags.overwrite,
      toolVersion: this.config.version,
    })
    this.log(renderDataset(dataset))
    return recordDataset(dataset, wandb, (text) => this.log(text))
  }
}
