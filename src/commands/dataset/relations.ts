import { commandOf } from '../../cli/flags/command-of.ts'
import { relationFlags, relationOptions } from '../../cli/flags/relations.ts'
import { trackerFlags } from '../../cli/flags/tracker.ts'
import type { RecordedDataset } from '../../cli/flows/record-dataset.ts'
import { recordDataset } from '../../cli/flows/record-dataset.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { renderDataset } from '../../cli/text/dataset.ts'
import { createRelationDataset } from '../../lib/datasets/relations/create.ts'

export default class DatasetRelations extends BaseCommand {
  static override summary =
    'write a data set of relations: fictitious parents, authors, companies or capitals'
  static override description =
    'As in experiment 1, there are three groups of facts: first name first (p2d), second name first (d2p) and both orders, each trained in some templates and tested in others, in both directions. Further tests ask whether the model wrongly treats the relation as symmetric (--evaluator wrong-symmetry) and whether it combines two facts (--evaluator two-hop). The same seed and facts give the same files.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --dataset-name families',
    '<%= config.bin %> <%= command.id %> --relation authors --relation companies --seed 1',
    '<%= config.bin %> <%= command.id %> --relation-file my_relation.json --num-examples-per-group 5',
  ]

  static override flags = { ...relationFlags, ...trackerFlags }

  async run(): Promise<RecordedDataset> {
    const { flags } = await this.parse(DatasetRelations)
    const access = await this.tracker(flags)
    const options = relationOptions(flags)
    const dataset = await createRelationDataset({
      ...options,
      command: commandOf('dataset:relations', {
        table: relationFlags,
        without: ['overwrite'],
        flags: { ...flags, relation: options.relations.length > 0 ? [...options.relations] : undefined },
      }),
      toolVersion: this.config.version,
    })
    this.log(renderDataset(dataset))
    return recordDataset(dataset, access, (text) => this.log(text))
  }
}
