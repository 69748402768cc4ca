import type { Server } from '../../models/openai/server.ts'
import { announcedShutdown } from '../../models/openai/shutdowns.ts'
import type { Shutdowns } from '../../schemas/shutdowns.ts'
import { plural } from '../../support/numbers.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** OpenAI itself, in whatever region; the dates of others are not known. */
const OPENAI_HOST = /(^|\.)openai\.com$/

export interface DateOptions {
  model: string
  server: Pick<Server, 'baseUrl' | 'name'>
  /** The day on which the model is shut down, according to the server. */
  shutdownDate: string | undefined
  announced: Shutdowns
  now: Date
}

/** Warnings about shutdown dates before money is spent, as sentences. */
export function dateWarnings({ model, server, shutdownDate, announced, now }: DateOptions): string[] {
  const official = OPENAI_HOST.test(new URL(server.baseUrl).hostname)
  const listed = official ? announcedShutdown(announced, model) : undefined
  const day = shutdownDate ?? listed
  const source = shutdownDate === undefined ? `OpenAI’s list of ${announced.date}` : server.name
  const gone = day !== undefined && Date.parse(day) <= now.getTime()
  const end = gone ? 'was shut down' : 'will be shut down'
  const { job_creation_ends: last } = announced
  const closed = Date.parse(last) <= now.getTime()
  return [
    ...(day === undefined
      ? []
      : [
          `${model} ${end} on ${day}${fromNow(day, now)}, with all models fine-tuned on it (source: ${source}).`,
        ]),
    ...(official
      ? [
          closed
            ? `OpenAI has ended fine-tuning: since ${last} nobody can create jobs.`
            : `OpenAI ends fine-tuning: from ${last} on${fromNow(last, now)}, nobody can create jobs.`,
        ]
      : []),
  ]
}

function fromNow(day: string, now: Date): string {
  const days = Math.ceil((Date.parse(day) - now.getTime()) / DAY_MS)
  if (days < 0) return ''
  return days === 0 ? ', today' : `, in ${plural(days, 'day')}`
}
