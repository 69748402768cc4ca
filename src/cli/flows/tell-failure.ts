import { EXIT } from '../../lib/support/errors.ts'
import type { BaseCommand } from '../shell/base-command.ts'

export interface TellFailureOptions {
  command: BaseCommand
  /** What failed. */
  name: string
  error: Error
  /** Nothing else was to be done. */
  only: boolean
}

/** Tell of a failure while others go on, and leave exit code 1 behind; that of the only one is thrown. */
export function tellFailure({ command, name, error, only }: TellFailureOptions): void {
  if (only) throw error
  command.logToStderr(`${name} failed: ${error.message}`)
  process.exitCode = EXIT.failed
}
