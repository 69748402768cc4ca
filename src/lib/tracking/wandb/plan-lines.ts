import type { WandbLines } from '../../schemas/wandb.ts'
import type { RecordRow, RunContent, StepRow } from './run-content.ts'

/** W&B's state of a run's history. */
export interface RemoteHistory {
  /** Lines that it has. */
  lines: number
  /** The last step; -1 if there is none. */
  lastStep: number
}

export interface PlanLinesOptions {
  content: Pick<RunContent, 'steps' | 'records'>
  /** Stretches that have their place already. */
  lines: readonly WandbLines[]
  remote: RemoteHistory
  /** Whether W&B shows everything in a record. */
  shown: (record: RecordRow) => boolean
}

/**
 * Gives each new row of the history a line in W&B's history file and a step, after everything that W&B has and
 * everything placed before. A row keeps its place, so that a row that is sent twice is still one row. Only if rows that
 * were placed but not confirmed no longer exist are all rows from there on placed again. If this machine has placed
 * nothing and W&B has lines, another machine has sent them.
 */
export function planLines({ content, lines, remote, shown }: PlanLinesOptions): WandbLines[] {
  const { steps = [], records = [] } = content
  const lost = lines.filter((stretch) => !stretch.sent && !isThere(stretch, content))
  const end = Math.min(...lost.map(({ offset }) => offset!))
  const planned = lines.filter(({ offset }) => offset === null || offset < end)
  const foreign = lines.length === 0 && remote.lines > 0
  let next = lost.length > 0 ? end : Math.max(remote.lines, ...lines.map(endOf))
  let last = Math.max(remote.lastStep, ...lines.map(({ last_step }) => last_step))
  const place = (stretch: Pick<WandbLines, 'of' | 'first_step' | 'last_step' | 'count'>) => {
    planned.push({ ...stretch, offset: next, sent: false })
    next += stretch.count
    last = Math.max(last, stretch.last_step)
  }

  if (foreign) {
    const known = stretchOf(steps.filter(({ step }) => step <= remote.lastStep))
    if (known !== undefined) planned.push({ ...known, offset: null, sent: true })
  }
  const placed = Math.max(-1, ...planned.filter(({ of }) => of === 'steps').map(({ last_step }) => last_step))
  const fresh = stretchOf(steps.filter(({ step }) => step > placed))
  if (fresh !== undefined) place(fresh)

  for (const record of records) {
    const of = record.key
    if (planned.some((stretch) => stretch.of === of)) continue
    if (foreign && shown(record)) {
      planned.push({ of, first_step: 0, last_step: 0, count: 1, offset: null, sent: true })
    } else {
      place({ of, first_step: last + 1, last_step: last + 1, count: 1 })
    }
  }
  return planned
}

/** Whether the rows that were placed still exist, so that they can be sent. */
function isThere({ of, first_step, last_step, count }: WandbLines, content: PlanLinesOptions['content']) {
  const { steps, records } = content
  if (of !== 'steps') return records === undefined || records.some(({ key }) => key === of)
  return (
    steps === undefined ||
    steps.filter(({ step }) => step >= first_step && step <= last_step).length === count
  )
}

function endOf({ offset, count }: WandbLines): number {
  return (offset ?? 0) + count
}

function stretchOf(rows: readonly StepRow[]) {
  const [first] = rows
  if (first === undefined) return undefined
  return { of: 'steps', first_step: first.step, last_step: rows.at(-1)!.step, count: rows.length }
}
