import { BaseCommand } from '../../cli/shell/base-command.ts'
import type { PluginFailure } from '../../cli/shell/extensions.ts'
import { loadExtensions } from '../../cli/shell/extensions.ts'
import { renderEvaluatorOptions } from '../../cli/text/evaluation.ts'
import { renderTable } from '../../cli/text/table.ts'
import { openEvaluator } from '../../lib/evaluation/open-evaluator.ts'
import type { OptionsSchema } from '../../lib/schemas/option-values.ts'

export interface EvalListResult {
  evaluators: {
    name: string
    plugin: string
    version: number
    summary: string
    splits: string[]
    options: OptionsSchema['properties']
  }[]
  failures: PluginFailure[]
}

export default class EvalList extends BaseCommand {
  static override summary = 'list the evaluators, their options and their plugins'
  static override examples = ['<%= config.bin %> <%= command.id %>']

  async run(): Promise<EvalListResult> {
    await this.parse(EvalList)
    const { evaluators: registry, failures } = await loadExtensions(this.config)
    const opened = registry.list().map(async ({ entry: { name, summary, options }, plugin }) => {
      const { version, splits } = (await openEvaluator(registry, `${plugin}/${name}`)).evaluator
      return { name, plugin, version, summary, splits: [...splits], options: options?.properties ?? {} }
    })
    const evaluators = await Promise.all(opened)
    this.log(
      renderTable(
        [
          { head: 'evaluator' },
          { head: 'version', align: 'right' },
          { head: 'plugin' },
          { head: 'what it measures' },
        ],
        evaluators.map(({ name, plugin, version, summary }) => [name, String(version), plugin, summary]),
      ),
    )
    for (const { name, options } of evaluators) {
      if (Object.keys(options).length > 0) this.log(renderEvaluatorOptions(name, options))
    }
    return { evaluators, failures }
  }
}
