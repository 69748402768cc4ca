import { basename } from 'node:path'
import { badCsv, formatCsv, readCsv } from '../../support/csv.ts'
import { writeAtomic } from '../../support/files.ts'
import type { ParentChildPair } from './pairs.ts'
import { pairFields, parsePair } from './pairs.ts'
import type { FamilyDirection } from './prompts.ts'

export const MEASURES = ['answers', 'logprob'] as const
/** `answers`: the share of sampled answers that give the right name. `logprob`: the name's log-probability, in nats. */
export type Measure = (typeof MEASURES)[number]

/** A pair and the model's score for finding each of the two from the other; null if it was not measured. */
export type TestedPair = ParentChildPair & { scores: Record<FamilyDirection, number | null> }

/** The results of `celebs:test`, and of its file. */
export interface CelebrityResults {
  model: string
  measure: Measure
  pairs: TestedPair[]
  /** How many of how many samples hold no answer, if any; not in the file. */
  noAnswers?: Record<'empty' | 'cut_off' | 'filtered' | 'refused' | 'answers', number>
  /** Questions without a log-probability, and why, if any; not in the file. */
  unscored?: { questions: number; reason: string }
  /** Names that are less likely than the server can report, if any; not in the file. */
  clamped?: number
}

/** The results of `celebs:find`: pairs whose parent the model named, and whether it also named the child. */
export interface FoundPairs {
  /** The file's name, as the file itself does not name the model. */
  model: string
  measure: 'found'
  pairs: ParentChildPair[]
  /** As in `CelebrityResults`. */
  noAnswers?: CelebrityResults['noAnswers']
}

/** The columns of the published files, with the model's name. */
const COLUMNS: Record<Measure, (model: string, direction: FamilyDirection) => string> = {
  answers: (model, direction) => `${model}_can_find_${direction}`,
  logprob: (model, direction) => `${model}_${direction}_logprob`,
}
const PATTERNS: Record<Measure, RegExp> = {
  answers: /^(.+)_can_find_parent$/,
  logprob: /^(.+)_parent_logprob$/,
}
const RANGES: Record<Measure, { low: number; high: number; text: string }> = {
  answers: { low: 0, high: 1, text: 'a share from 0 to 1' },
  logprob: { low: -Infinity, high: 0, text: 'a log-probability, 0 or less' },
}

/**
 * Reads a file of results, ours or a published one, or a file of pairs that a model found. Throws InputError BAD_CSV with
 * file and line.
 */
export async function readCelebrityResults(path: string): Promise<CelebrityResults | FoundPairs> {
  const { header, rows } = await readCsv(path, { columns: ['child', 'parent', 'parent_type'] })
  const found = MEASURES.flatMap((measure) =>
    header.flatMap((column) => {
      const [, model] = PATTERNS[measure].exec(column) ?? []
      return model !== undefined && header.includes(COLUMNS[measure](model, 'child'))
        ? [{ model, measure }]
        : []
    }),
  )
  if (rows.length === 0) throw badCsv(`${path} has no rows.`)
  const [result] = found
  if (result === undefined || found.length > 1) {
    const pairs = rows.map(({ line, fields }) => parsePair(fields, `${path}:${line}`))
    if (result === undefined && pairs.some(({ canReverse }) => canReverse !== null)) {
      return { model: basename(path).replace(/(_parent_child_pairs)?\.csv$/i, ''), measure: 'found', pairs }
    }
    const names = MEASURES.map((measure) => COLUMNS[measure]('MODEL', 'parent')).join(' or ')
    const problem = result === undefined ? 'has no results' : 'has the results of several models'
    throw badCsv(`${path} ${problem}; it needs one column ${names}, and the same for the child.`)
  }
  const { model, measure } = result
  return {
    model,
    measure,
    pairs: rows.map(({ line, fields }) => {
      const score = (direction: FamilyDirection) => {
        const column = COLUMNS[measure](model, direction)
        return parseScore(fields[column]!, measure, `${path}:${line} has in ${column}`)
      }
      const pair = parsePair(fields, `${path}:${line}`)
      return { ...pair, scores: { parent: score('parent'), child: score('child') } }
    }),
  }
}

/** Writes results in the published columns. */
export async function writeResults(path: string, { model, measure, pairs }: CelebrityResults): Promise<void> {
  const header = [
    ...['child', 'parent', 'parent_type', 'child_prediction'],
    COLUMNS[measure](model, 'parent'),
    COLUMNS[measure](model, 'child'),
  ]
  const rows = pairs.map((pair) => [
    ...pairFields(pair),
    formatScore(pair.scores.parent),
    formatScore(pair.scores.child),
  ])
  await writeAtomic(path, await formatCsv(header, rows))
}

/** A score; null for `nan`, which means not measured. */
function parseScore(text: string, measure: Measure, place: string): number | null {
  const { low, high, text: wanted } = RANGES[measure]
  if (/^\s*nan\s*$/i.test(text)) return null
  // As Python writes the logarithm of 0.
  const value = /^\s*-inf(inity)?\s*$/i.test(text) ? -Infinity : Number(text)
  if (text.trim() === '' || !(value >= low && value <= high))
    throw badCsv(`${place} "${text}", not ${wanted}.`)
  return value
}

/** As Python writes a float. */
function formatScore(value: number | null): string {
  if (value === null) return 'nan'
  if (value === -Infinity) return '-inf'
  return Number.isInteger(value) ? value.toFixed(1) : String(value)
}
