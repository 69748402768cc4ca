import type { Interfaces } from '@oclif/core'
import { commandLine } from '../../lib/support/command-line.ts'

interface CommandOfOptions<Table> {
  /** The flags to name, in this order. */
  table: Table
  /** Flags of the table that do not affect the command's result, such as `overwrite`. */
  without: readonly (keyof Table)[]
  /** The values, as they were parsed. */
  flags: { [Name in keyof Table]?: unknown }
  args?: readonly string[]
}

/** The command line that repeats the flags, defaults included. */
export function commandOf<Table extends Interfaces.FlagInput>(
  command: string,
  { table, without, flags, args = [] }: CommandOfOptions<Table>,
): string {
  const named = Object.entries(table).filter(([name]) => !without.includes(name))
  const words = named.map(([name, flag]) => [name, shownValue(flag, flags[name])])
  return commandLine(command, { args, flags: Object.fromEntries(words) })
}

/** Several values in one word are joined in the way the flag's parser splits them. */
function shownValue(flag: Interfaces.FlagInput[string], value: unknown): unknown {
  if (!Array.isArray(value)) return value
  if (flag.type !== 'option' || !flag.multiple) return value.join(',')
  return flag.delimiter === undefined ? value : value.join(flag.delimiter)
}
