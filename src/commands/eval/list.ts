import { BaseCommand } from '../../cli/shell/base-command.ts'
import type { PluginFailure } from '../../cli/shell/evaluators.ts'
import { loadEvaluators } from '../../cli/shell/evaluators.ts'
import { renderTable } from '../../cli/text/table.ts'

export interface EvalListResult {
  evaluators: { name: string; plugin: string; version: number; summary: string; splits: string[] }[]
  failures: PluginFailure[]
}

export default class EvalList extends BaseCommand {
  static override summary = 'list the evaluators that eval:run knows, and the plugin each comes from'
  static override examples = ['<%= config.bin %> <%= command.id %>']

  async run(): Promise<EvalListResult> {
    await this.parse(EvalList)
    const { registry, failures } = await loadEvaluators(this.config)
    const evaluators = registry.list().map(({ evaluator, plugin }) => {
      const { name, version, summary, splits } = evaluator
      return { name, plugin, version, summary, splits: [...splits] }
    })
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
