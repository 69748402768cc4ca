import type { Hook } from '@oclif/core'
import { EXIT } from '../lib/support/errors.ts'
import { nearest } from '../lib/support/nearest.ts'

/** Say which command was probably meant; exit 127, also in scripts. */
const hook: Hook.CommandNotFound = async function (options) {
  const spoken = options.id.replaceAll(' ', ':')
  const [guess] = nearest(spoken, options.config.commandIDs)
  const hint = guess === undefined ? 'Run reversal help to see all commands.' : `Did you mean ${guess}?`
  this.error(`${spoken} is not a reversal command. ${hint}`, { exit: EXIT.unknownCommand })
}

export default hook
