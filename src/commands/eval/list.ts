import { BaseCommand } from '../../cli/shell/base-command.ts'
import type { PluginFailure } from '../../cli/shell/extensions.ts'
import { loadExtensions } from '../../cli/shell/extensions.ts'
import { renderTable } from '../../cli/text/table.ts'
import { openEvaluator } from '../../lib/evaluation/open-evaluator.ts'

export interface EvalListResult {
  evaluators: { name: string; plugin: string; version: number; summary: string; splits: string[] }[]
  failures: PluginFailure[]
}

export default class EvalList extends BaseCommand {
  static override summary = 'list the evaluators and the plugin that each comes from'
  static override examples = ['<%= config.bin %> <%= command.id %>']

  async run(): Promise<EvalListResult> {
    await this.parse(EvalList)
    const { evaluators: registry, failures } = await loadExtensions(this.config)
    const opened = registry.list().map(async ({ entry: { name, summary }, plugin }) => {
      const { version, splits } = (await openEvaluator(registry, `${plugin}/${name}`)).evaluator
      return { name, plugin, version, summary, splits: [...splits] }
    })
    const evaluators = await Promise.all(opened)
    this.log(
      renderTable(
        [
          { head: 'evaluator' },
          { head: 'version', align: 'right' },
          { head: 'plugin' },
          { head: 'what it does' },
        ],
        evaluators.map(({ name, plugin, version, summary }) => [name, String(version), plugin, summary]),
      ),
    )
    return { evaluators, failures }
  }
}
