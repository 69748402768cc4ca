import type { Config, Interfaces } from '@oclif/core'
import { Errors } from '@oclif/core'
import type { Extensions, Register } from '../../lib/extensions/extensions.ts'
import { createExtensions, registrar } from '../../lib/extensions/extensions.ts'
import { printable } from '../../lib/support/printable.ts'

/** The hook through which this CLI and its plugins register their extensions. */
export interface ExtensionHooks extends Interfaces.Hooks {
  register: {
    options: { register: Register }
    return: undefined
  }
}

/** A plugin whose hook failed. What it had registered before that stays. */
export interface PluginFailure {
  plugin: string
  message: string
}

/**
 * Collects the extensions of the CLI and every plugin: the CLI first, then plugins by name, so that it is not
 * random who gets a name first. A plugin that fails causes a warning and does not affect the others.
 */
export async function loadExtensions(
  config: Interfaces.Config,
): Promise<Extensions & { failures: PluginFailure[] }> {
  const extensions = createExtensions()
  const failures: PluginFailure[] = []
  const plugins = [...config.plugins.values()]
    .filter(({ hooks }) => hooks.register !== undefined)
    .toSorted((a, b) => Number(b.isRoot) - Number(a.isRoot) || a.name.localeCompare(b.name))
  for (const plugin of plugins) {
    const register = registrar(extensions, plugin.name)
    const hooks = onlyPlugin(config, plugin)
    const result = await hooks.runHook<'register', ExtensionHooks>('register', { register }, undefined, true)
    for (const { error } of result.failures) {
      failures.push({ plugin: plugin.name, message: error.message })
      Errors.warn(printable(`The plugin ${plugin.name} could not be used: ${error.message}`))
    }
  }
  return { ...extensions, failures }
}

/**
 * The configuration as if it had one plugin: a hook does not know which plugin it belongs to, but we must.
 */
function onlyPlugin(config: Interfaces.Config, plugin: Interfaces.Plugin): Config {
  return Object.create(config, { plugins: { value: new Map([[plugin.name, plugin]]) } })
}
