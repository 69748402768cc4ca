import { Args, Flags } from '@oclif/core'
import { commandOf } from '../../cli/flags/command-of.ts'
import { integerFlag, underscoreAliases } from '../../cli/flags/common.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { loadExtensions } from '../../cli/shell/extensions.ts'
import { renderDataset } from '../../cli/text/dataset.ts'
import { renderTransformOptions, renderTransforms } from '../../cli/text/transforms.ts'
import { transformDataset } from '../../lib/datasets/transforms/transform-dataset.ts'
import type { WrittenDataset } from '../../lib/datasets/write-dataset.ts'
import { InputError } from '../../lib/support/errors.ts'

export interface TransformList {
  transforms: { name: string; plugin: string; summary: string; options: Record<string, unknown> }[]
}

export default class DatasetTransform extends BaseCommand {
  static override summary = 'write a data set with transformed training examples and the same tests'
  static override description =
    'Applies transforms to the training file of a data set, in order. The new data set keeps the test files, so a model trained on it is tested on the same questions. Its manifest names the parent, the transforms, their options and seeds; dataset:validate applies them again to check the training file. A JSONL file of prompts and completions can be transformed too. Without a data set, lists the transforms and, with --transform, their options; docs/transforms.md describes each.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --transform reverse-entities',
    '<%= config.bin %> <%= command.id %> first --transform reverse-entities --dataset-name reversed',
    '<%= config.bin %> <%= command.id %> train.jsonl --transform identity-bridge --option entities=names.txt --dataset-name bridged',
    '<%= config.bin %> <%= command.id %> first --transform subsample --option share=0.25 --dataset-name quarter',
    '<%= config.bin %> <%= command.id %> first --transform subsample,shuffle-examples --seed 1 --dataset-name small',
  ]

  static override args = {
    source: Args.string({
      ignoreStdin: true,
      description: 'data set (name or directory) or JSONL file to transform',
    }),
  }

  static override flags = underscoreAliases({
    transform: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      summary: 'transforms to apply, in this order',
    }),
    option: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'KEY=VALUE',
      summary: 'option, such as marker=none; applies to each transform that has it; may be repeated',
    }),
    seed: integerFlag({
      default: 42,
      summary: 'seed of the first transform; the next ones use seed + 1, …',
    }),
    'dataset-name': Flags.string({ summary: 'name of the new data set' }),
    'output-dir': Flags.string({
      summary: 'directory to write the new data set to',
      defaultHelp: async () => 'beside its parent',
    }),
    overwrite: Flags.boolean({ default: false, summary: 'replace an existing data set' }),
  })

  async run(): Promise<WrittenDataset | TransformList> {
    const { args, flags } = await this.parse(DatasetTransform)
    const { datasetKinds: kinds, transforms: registry } = await loadExtensions(this.config)
    const { transform: transforms, 'dataset-name': datasetName } = flags
    if (args.source === undefined && datasetName === undefined) {
      const shown = transforms?.map((name) => registry.get(name)) ?? registry.list()
      const list = shown.map(({ entry: { name, summary, options }, plugin }) => ({
        ...{ name, plugin, summary, options: options.properties },
      }))
      this.log(transforms === undefined ? renderTransforms(list) : renderTransformOptions(list))
      return { transforms: list }
    }
    if (args.source === undefined) throw missing('a data set to transform: name it before --transform')
    if (transforms === undefined) throw missing('--transform NAME')
    if (datasetName === undefined) throw missing('--dataset-name NAME for the new data set')
    const dataset = await transformDataset({
      ...{ cwd: process.cwd(), source: args.source, transforms, datasetName, kinds, registry },
      options: flags.option ?? [],
      seed: flags.seed,
      outputDir: flags['output-dir'],
      overwrite: flags.overwrite,
      command: commandOf('dataset:transform', {
        args: [args.source],
        table: DatasetTransform.flags,
        without: ['overwrite'],
        flags,
      }),
      toolVersion: this.config.version,
    })
    this.log(renderDataset(dataset))
    return dataset
  }
}

function missing(what: string): InputError {
  return new InputError(`Missing: ${what}.`, {
    code: 'MISSING_ARGUMENT',
    suggestions: ['list the transforms: reversal dataset:transform'],
  })
}
