import type { GenerateOptions, ScoreRequest } from '../../schemas/completion.ts'
import type { ExitCode } from '../../support/errors.ts'
import { InputError, ReversalError } from '../../support/errors.ts'
import { UnansweredError } from '../unanswered.ts'
import type { LocalLlamaOptions } from './local-llama.ts'

/** Tasks for the process that runs llama.cpp. */
export type HostTask =
  | { kind: 'open'; options: LocalLlamaOptions }
  | { kind: 'generate'; prompts: readonly string[]; options: Omit<GenerateOptions, 'signal'>; alone: boolean }
  | { kind: 'score'; requests: readonly ScoreRequest[]; alone: boolean }

/** A message to that process: a task, or the cancellation of one. */
export type HostRequest = { id: number; task: HostTask } | { id: number; cancel: true }

/** From it: the results of a task, one by one, then its end. */
export type HostReply =
  | { id: number; result: unknown }
  | { id: number; done: true }
  | { id: number; failure: Failure }

/** While a file is opened: the share that is loaded, and at last how many texts are computed at a time. */
export type Opening = { loaded: number } | { lanes: number }

/** An error that has crossed from one process to another. */
interface Failure {
  message: string
  stack?: string | undefined
  known?: { code: string; suggestions: string[]; exit: ExitCode; input: boolean } | undefined
  unanswered?: Pick<UnansweredError, 'unanswered' | 'about'>
}

export function packFailure(error: unknown): Failure {
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  if (error instanceof UnansweredError) {
    const { unanswered, about } = error
    return { message, stack, unanswered: { unanswered, about } }
  }
  if (!(error instanceof ReversalError)) return { message, stack }
  const { code, suggestions, exit } = error
  return { message, stack, known: { code, suggestions, exit, input: error instanceof InputError } }
}

export function unpackFailure({ message, stack, known, unanswered }: Failure): Error {
  if (unanswered !== undefined) return new UnansweredError(unanswered.unanswered, unanswered.about)
  const cause = { stack }
  if (known === undefined) return Object.assign(new Error(message), cause)
  return known.input
    ? new InputError(message, { ...known, cause })
    : new ReversalError(message, { ...known, cause })
}
