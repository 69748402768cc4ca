import type { FakeRun } from './database.ts'

type Condition = Record<string, unknown>

const OPERATORS: Record<string, (value: unknown, wanted: never) => boolean> = {
  $eq: (value, wanted) => equal(value, wanted),
  $ne: (value, wanted) => !equal(value, wanted),
  $in: (value, wanted: unknown[]) => wanted.some((one) => equal(value, one)),
  $nin: (value, wanted: unknown[]) => !wanted.some((one) => equal(value, one)),
  $exists: (value, wanted: boolean) => (value !== undefined) === wanted,
  $regex: (value, wanted: string) => typeof value === 'string' && new RegExp(wanted).test(value),
}

/** Whether a run matches a filter in MongoDB's language. Throws for an operator that W&B does not support either. */
export function passes(run: FakeRun, filter: Condition): boolean {
  return Object.entries(filter).every(([key, wanted]) => {
    if (key === '$and') return (wanted as Condition[]).every((one) => passes(run, one))
    if (key === '$or') return (wanted as Condition[]).some((one) => passes(run, one))
    const value = field(run, key)
    if (typeof wanted !== 'object' || wanted === null) return equal(value, wanted)
    return Object.entries(wanted).every(([operator, operand]) => {
      const test = OPERATORS[operator]
      if (test === undefined) throw new Error(`unknown operator ${operator}`)
      return test(value, operand as never)
    })
  })
}

/** A key with a dot cannot be distinguished from a nested key (wandb#3087). */
function field(run: FakeRun, key: string): unknown {
  const [head = '', ...path] = key.split('.')
  if (head === 'config') {
    const config = JSON.parse(run.config ?? '{}')
    return path.slice(1).reduce((value, name) => value?.[name], config[path[0] ?? '']?.value)
  }
  if (head === 'summary_metrics') return path.reduce((value, name) => value?.[name], JSON.parse(run.summary))
  return { ...run }[head]
}

/** An array equals any of its elements, as in MongoDB. */
function equal(value: unknown, wanted: unknown): boolean {
  return Array.isArray(value) ? value.includes(wanted) : value === wanted
}
