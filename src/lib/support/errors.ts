/** Process exit codes: 0 done, 1 failed, 2 wrong usage or input, 127 unknown command, 130 interrupted, 143 terminated. */
export const EXIT = { failed: 1, usage: 2, unknownCommand: 127, interrupted: 130, terminated: 143 } as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export interface ReversalErrorOptions {
  /** A stable, upper-case identifier that scripts can test, such as `DATASET_NOT_FOUND`. */
  code: string
  /** What the user can do about it: fragments that the CLI shows as "Try this". */
  suggestions?: string[]
  exit?: ExitCode
  cause?: unknown
}

/** Marks the errors of every copy of this module, as a plugin may bring its own. */
const BRAND = Symbol.for('reversal.error')

/**
 * A failure that the user can fix. Its message is one sentence: what is wrong, where (file and line, field), and what
 * is allowed. Everything else that is thrown is a bug.
 */
export class ReversalError extends Error {
  static override readonly [Symbol.hasInstance] = isInstance
  readonly [BRAND] = true
  override readonly name: string = 'ReversalError'
  readonly code: string
  readonly suggestions: string[]
  readonly exit: ExitCode

  constructor(message: string, { code, suggestions = [], exit = EXIT.failed, cause }: ReversalErrorOptions) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.suggestions = suggestions
    this.exit = exit
  }
}

/** Whether a value is an instance of the error class, even one from another copy of this module. */
function isInstance(this: { name: string }, value: unknown): boolean {
  if (Function.prototype[Symbol.hasInstance].call(this, value)) return true
  const { [BRAND]: branded, name } = Object(value) as Partial<ReversalError>
  return branded === true && (this === ReversalError || name === this.name)
}

/** Wrong usage or wrong input: exit code 2. */
export class InputError extends ReversalError {
  override readonly name = 'InputError'

  constructor(message: string, options: Omit<ReversalErrorOptions, 'exit'>) {
    super(message, { ...options, exit: EXIT.usage })
  }
}

/** The user stopped the work: exit code 130 for Ctrl-C, 143 for SIGTERM. */
export class InterruptedError extends ReversalError {
  override readonly name = 'InterruptedError'

  constructor(message = 'Interrupted.', options: Partial<ReversalErrorOptions> = {}) {
    super(message, { code: 'INTERRUPTED', exit: EXIT.interrupted, ...options })
  }
}

const MACHINE_FAULTS: Record<string, string> = {
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the device reports an input/output error',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
  ENOSPC: 'no space is left on the disk',
  ENOTDIR: 'a part of that path is a file, not a directory',
  EPERM: 'the operation is not permitted',
  EROFS: 'the file system is read-only',
}

/** Plain words for obscure names of system calls. */
const CALLS: Record<string, string> = { scandir: 'read' }

/** True for a system error, such as one from `node:fs`, with the given code, such as `ENOENT`. */
export function hasErrorCode(error: unknown, code: string): error is NodeJS.ErrnoException {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code
}

/** Does work on a file and adds the path to system errors, which do not always name the file. */
export async function namingFile<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Error && 'syscall' in error && !('path' in error)) Object.assign(error, { path })
    throw error
  }
}

/** A fault of the machine (full disk, permissions) as one sentence; undefined for any other error. */
export function describeMachineFault(error: unknown): ReversalError | undefined {
  const { code = '', path, syscall = 'use' } = (error ?? {}) as NodeJS.ErrnoException
  const reason = MACHINE_FAULTS[code]
  if (reason === undefined) return undefined
  return new ReversalError(`Cannot ${CALLS[syscall] ?? syscall} ${path ?? 'a file'}: ${reason}.`, {
    code,
    cause: error,
  })
}
