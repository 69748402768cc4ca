import { EXIT } from '../../lib/support/errors.ts'
import type { BaseCommand } from '../shell/base-command.ts'

export interface TellFailureOptions {
  command: BaseCommand
  /** What failed. */
  name: string
  error: Error
  /** True if there is no other work. */
  only: boolean
}

/** Shows a failure while other work continues, and sets exit code 1; throws it if there is no other work. */
export function tellFailure({ command, name, error, only }: TellFailureOptions): void {
  if (only) throw error
  command.logToStderr(`${name} failed: ${error.message}`)
  process.exitCode = EXIT.failed
}
