import type { Hook } from '@oclif/core'
import { restylePluginHelp } from '../cli/shell/plugin-help.ts'
import { watchOutput } from '../cli/shell/watch-output.ts'
import { EXIT } from '../lib/support/errors.ts'

/** `reversal dataset reverse` means `reversal dataset:reverse`: says so, as oclif would show help and exit with 0. */
const hook: Hook.Init = async function ({ id, argv, config }) {
  watchOutput()
  restylePluginHelp(config)
  const [word] = argv
  if (id === undefined || word === undefined || word.startsWith('-')) return
  if (!config.topics.some(({ name }) => name === id) || config.commandIDs.includes(id)) return
  const commands = config.commandIDs.filter((command) => command.startsWith(`${id}:`))
  const { nearest } = await import('../lib/support/nearest.ts')
  const [guess = commands[0]] = nearest(`${id}:${word}`, commands)
  this.error(
    `${id} ${word} is not a command: topic and command are joined by a colon. Did you mean ${guess}?`,
    {
      exit: EXIT.usage,
    },
  )
}

export default hook
