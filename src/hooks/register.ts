import type { Hook } from '@oclif/core'
import type { ExtensionHooks } from '../cli/shell/extensions.ts'
import { registerBuiltIns } from '../lib/extensions/built-in.ts'

/** The built-in parts come through the same hook as those of plugins. */
const hook: Hook<'register', ExtensionHooks> = async ({ register }) => {
  registerBuiltIns(register)
}

export default hook
