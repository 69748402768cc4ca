import type { RunRecord } from '../../lib/schemas/run.ts'
import { RUN_STATUSES } from '../../lib/schemas/run-status.ts'
import { nearest } from '../../lib/support/nearest.ts'
import { shownModel } from '../../lib/tracking/list-runs.ts'

export interface NoRunsOptions {
  /** All runs of the folder. */
  runs: readonly RunRecord[]
  /** The folder that holds them; absolute. */
  home: string
  /** The filters of the list. */
  status?: string | undefined
  tag?: string | undefined
  filter?: string | undefined
}

/** Why a list of runs is empty, and what to do about it. */
export function explainNoRuns({ runs, home, status, tag, filter }: NoRunsOptions): string {
  if (runs.length === 0) {
    return [
      `There are no runs in ${home} yet. Train one: reversal finetune:start`,
      'Runs belong to the current folder: change to the one in which you started yours, or set REVERSAL_HOME.',
    ].join('\n')
  }
  const statuses = runs.flatMap(({ status, server_status: word }) => [status, ...(word ? [word] : [])])
  const unknown = [
    ...hint('status', status, { present: statuses, known: RUN_STATUSES }),
    ...hint('tag', tag, { present: runs.flatMap(({ tags }) => tags) }),
    ...hintFilter(filter, runs),
  ]
  return ['No runs match.', ...unknown].join(' ')
}

/** A value that some run has is not mentioned: then the other filters leave no run. */
function hint(
  what: string,
  value: string | undefined,
  { present, known = [] }: { present: readonly string[]; known?: readonly string[] },
): string[] {
  if (value === undefined || present.includes(value)) return []
  const candidates = [...new Set([...present, ...known])]
  const [guess] = candidates.includes(value) ? [] : nearest(value, candidates)
  return [`No run has the ${what} ${value}.${guess === undefined ? '' : ` Did you mean ${guess}?`}`]
}

/** For a part of a model's name: the nearest of the words in such names. */
function hintFilter(filter: string | undefined, runs: readonly RunRecord[]): string[] {
  if (filter === undefined) return []
  const names = runs.map((run) => shownModel(run).toLowerCase())
  const wanted = filter.toLowerCase()
  if (names.some((name) => name.includes(wanted))) return []
  const [guess] = nearest(wanted, [...new Set(names.flatMap((name) => [name, ...name.split(/[/:]/)]))])
  return [`No model is called ${filter}.${guess === undefined ? '' : ` Did you mean ${guess}?`}`]
}
