import type { Hook } from '@oclif/core'
import { freeBashCompletion } from '../cli/shell/bash-completion.ts'

/** These commands rewrite the completions. */
const WRITERS = /^(autocomplete|plugins:)/

const hook: Hook.Postrun = async ({ Command, config }) => {
  if (WRITERS.test(Command.id)) await freeBashCompletion(config)
}

export default hook
