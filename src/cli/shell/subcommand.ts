import type { Config } from '@oclif/core'

/**
 * The command that the first word of another one names, as `instructions` does in `reproduce instructions`: oclif joins
 * topic and command by a colon alone. Undefined where the first word names none.
 */
export function subcommandOf(config: Config, topic: string, argv: readonly string[]): string | undefined {
  const id = `${topic}:${argv[0]}`
  return config.commandIDs.includes(id) ? id : undefined
}
