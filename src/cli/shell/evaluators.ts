import type { Config, Interfaces } from '@oclif/core'
import { Errors } from '@oclif/core'
import type { Evaluator } from '../../lib/evaluation/evaluator.ts'
import { EvaluatorRegistry } from '../../lib/evaluation/registry.ts'
import { printable } from '../../lib/support/printable.ts'

/** The hook through which this CLI and its plugins bring their evaluators. */
export interface EvaluatorHooks extends Interfaces.Hooks {
  evaluators: {
    options: { register: (evaluator: Evaluator) => void }
    return: undefined
  }
}

/** A plugin whose hook failed. What it had registered before that stays. */
export interface PluginFailure {
  plugin: string
  message: string
}

/**
 * Ask the CLI and every plugin for their evaluators: the CLI first, then plugins by name, so that who holds a name
 * first does not depend on chance. A plugin that fails is warned of and leaves the others alone.
 */
export async function loadEvaluators(
  config: Interfaces.Config,
): Promise<{ registry: EvaluatorRegistry; failures: PluginFailure[] }> {
  const registry = new EvaluatorRegistry()
  const failures: PluginFailure[] = []
  const plugins = [...config.plugins.values()]
    .filter(({ hooks }) => hooks.evaluators !== undefined)
    .toSorted((a, b) => Number(b.isRoot) - Number(a.isRoot) || a.name.localeCompare(b.name))
  for (const plugin of plugins) {
    const register = (evaluator: Evaluator) => registry.add(evaluator, { plugin: plugin.name })
    const hooks = onlyPlugin(config, plugin)
    const result = await hooks.runHook<'evaluators', EvaluatorHooks>(
      'evaluators',
      { register },
      undefined,
      true,
    )
    for (const { error } of result.failures) {
      failures.push({ plugin: plugin.name, message: error.message })
      Errors.warn(printable(`Evaluators of ${plugin.name} are missing: ${error.message}`))
    }
  }
  return { registry, failures }
}

/** The configuration as if it had one plugin: a hook is not told which plugin it belongs to, and we must know. */
function onlyPlugin(config: Interfaces.Config, plugin: Interfaces.Plugin): Config {
  return Object.create(config, { plugins: { value: new Map([[plugin.name, plugin]]) } })
}
