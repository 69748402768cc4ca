import type { Config } from '@oclif/core'

/**
 * The subcommand named by the first argument, such as `instructions` in `reproduce instructions`: oclif joins
 * topic and command only with a colon. Undefined if the first argument is not a subcommand.
 */
export function subcommandOf(config: Config, topic: string, argv: readonly string[]): string | undefined {
  const id = `${topic}:${argv[0]}`
  return config.commandIDs.includes(id) ? id : undefined
}
