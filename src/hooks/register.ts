import type { Hook } from '@oclif/core'
import type { ExtensionHooks } from '../cli/shell/extensions.ts'
import { registerBuiltIns } from '../lib/extensions/built-in.ts'

/** Built-in parts use the same hook as plugins. */
const hook: Hook<'register', ExtensionHooks> = async ({ register }) => {
  registerBuiltIns(register)
}

export default hook
