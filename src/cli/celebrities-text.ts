import type { QuestionPlan } from '../lib/evaluation/celebrities/ask-questions.ts'
import type {
  DirectionAccuracy,
  DirectionComparison,
} from '../lib/evaluation/celebrities/compare-directions.ts'
import type { FoundCelebrities } from '../lib/experiments/celebrities.ts'
import type { AnswerCost } from '../lib/models/openai/prices.ts'
import type { Interval } from '../lib/statistics/results.ts'
import { renderTable } from './table.ts'

const MEASURES: Record<DirectionComparison['measure'], string> = {
  answers: 'right answers',
  logprob: 'probability of the name',
  found: 'found in any answer',
}

/** What a model is about to be asked and what that costs at most, as a question to whoever pays. */
export function renderPlan(
  modelName: string,
  { prompts, answers, tokens }: QuestionPlan,
  { costUsd }: Pick<AnswerCost, 'costUsd'>,
): string {
  const count = (n: number) => n.toLocaleString('en-US')
  const what =
    answers > 0
      ? `for up to ${count(answers)} answers to ${count(prompts)} prompts`
      : `${count(prompts)} prompts`
  const output = answers > 0 ? ` and at most ${count(tokens.output)} of answers` : ''
  const cost = costUsd === null ? '' : `, at most $${costUsd.toFixed(2)}`
  return `Ask ${modelName} ${what}, about ${count(tokens.input)} tokens of prompts${output}${cost}?`
}

/** How many parents a model named. */
export function renderFound({ pairs, celebrities }: Pick<FoundCelebrities, 'pairs' | 'celebrities'>): string {
  return `${pairs.length} parents named, of ${celebrities} celebrities`
}

/** How well models find parents and children, in percent, a row for all pairs, for mothers and for fathers. */
export function renderComparisons(comparisons: readonly DirectionComparison[]): string {
  const rows = comparisons.flatMap((comparison) => {
    const { mother, father } = comparison.byParentType
    return [
      [comparison.model, MEASURES[comparison.measure], ...accuracyCells('all', comparison)],
      ['', '', ...accuracyCells('mothers', mother)],
      ['', '', ...accuracyCells('fathers', father)],
    ]
  })
  const numbers = ['parent %', 'child %', 'difference', 't'].map((head) => ({
    head,
    align: 'right' as const,
  }))
  const table = renderTable(
    [{ head: 'model' }, { head: 'measure' }, { head: 'pairs' }, { head: 'n', align: 'right' }, ...numbers],
    rows,
  )
  const answers = comparisons.flatMap(({ model, anyAnswer }) =>
    anyAnswer === null
      ? []
      : [
          `${model}, right in any answer: parent ${percent(anyAnswer.parent)}, child ${percent(anyAnswer.child)}`,
        ],
  )
  return [table, ...answers, 'Brackets hold 95 % intervals.'].join('\n')
}

function accuracyCells(pairs: string, { pairs: n, parent, child, difference }: DirectionAccuracy): string[] {
  const t = difference?.t ?? null
  return [
    ...[pairs, n.toLocaleString('en-US')],
    ...[parent, child, difference].map(percent),
    t === null ? '' : t.toFixed(2),
  ]
}

function percent(interval: Interval | null): string {
  const [estimate, low, high] = [interval?.estimate, interval?.low, interval?.high].map((share) =>
    typeof share === 'number' ? (100 * share).toFixed(2) : undefined,
  )
  if (estimate === undefined) return 'n/a'
  return low === undefined ? estimate : `${estimate} [${low}, ${high}]`
}
