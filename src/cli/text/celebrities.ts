import type { QuestionPlan } from '../../lib/evaluation/celebrities/ask-questions.ts'
import type {
  DirectionAccuracy,
  DirectionComparison,
} from '../../lib/evaluation/celebrities/compare-directions.ts'
import { describeNoAnswers, totalNoAnswers } from '../../lib/evaluation/no-answers.ts'
import type { FoundCelebrities } from '../../lib/experiments/ask-about-celebrities.ts'
import type { AnswerCost } from '../../lib/models/openai/prices.ts'
import type { Interval } from '../../lib/statistics/measurements.ts'
import { commandLine } from '../../lib/support/command-line.ts'
import { formatCount, formatDecimals, formatDollars, plural } from '../../lib/support/numbers.ts'
import { fits, renderTable, terminalWidth, wrapText } from './table.ts'

const MEASURES: Record<DirectionComparison['measure'], string> = {
  answers: 'right answers',
  logprob: 'probability of the name',
  found: 'found in any answer',
}

/** The planned questions and their maximum cost, as a question to the user. */
export function renderPlan(
  modelName: string,
  { prompts, answers, tokens }: QuestionPlan,
  { costUsd }: Pick<AnswerCost, 'costUsd'>,
): string {
  const questions = plural(prompts, 'prompt')
  const what = answers > 0 ? `for up to ${plural(answers, 'answer')} to ${questions}` : questions
  const output = answers > 0 ? ` and at most ${formatCount(tokens.output)} of answers` : ''
  const cost = costUsd === null ? '' : `, at most ${formatDollars(costUsd)}`
  return `Ask ${modelName} ${what}, about ${plural(tokens.input, 'token')} of prompts${output}${cost}?`
}

/** What to do while batches are pending. */
export function renderSent(baseUrl: string | undefined): string {
  const collect = commandLine('eval:collect', { flags: { 'base-url': baseUrl } })
  return `The batches are sent. To fetch the results: ${collect}. Then run the same command without --detach to write them.`
}

/** How many parents a model named. */
export function renderFound({ pairs, celebrities }: Pick<FoundCelebrities, 'pairs' | 'celebrities'>): string {
  return `${plural(pairs.length, 'parent')} named, of ${plural(celebrities, 'celebrity', 'celebrities')}`
}

/** How well models find parents and children, in percent, a row for all pairs, for mothers and for fathers. */
export function renderComparisons(comparisons: readonly DirectionComparison[]): string {
  const width = terminalWidth() ?? Number.POSITIVE_INFINITY
  const full = renderAccuracies(comparisons, { format: percent, width })
  const whole = fits(full, width)
  const table = whole ? full : renderAccuracies(comparisons, { format: estimate, width })
  const answers = comparisons.flatMap(({ model, anyAnswer }) =>
    anyAnswer === null
      ? []
      : [
          wrapText(
            `${model}, right in any answer: parent ${percent(anyAnswer.parent)}, child ${percent(anyAnswer.child)}`,
          ),
        ],
  )
  const brackets = whole
    ? 'Brackets hold 95 % intervals.'
    : 'The 95 % intervals: --json, or a wider terminal.'
  const missing = comparisons.flatMap(renderMissing).map((line) => wrapText(line))
  return [table, ...answers, ...missing, brackets].join('\n')
}

/** Notes on answers and pairs that the numbers leave out. */
function renderMissing({ model, measure, missing }: DirectionComparison): string[] {
  if (missing === undefined) return []
  const { noAnswers, unscored, clamped, unmeasured } = missing
  return [
    ...(noAnswers === undefined
      ? []
      : [
          `${model}: no answer in ${formatCount(totalNoAnswers(noAnswers))} of ${plural(noAnswers.answers, 'sample')} (${describeNoAnswers(noAnswers)}); these are left out.`,
        ]),
    ...(unscored === undefined
      ? []
      : [
          `${model}: ${plural(unscored.questions, 'question has', 'questions have')} no log-probability: ${unscored.reason}`,
        ]),
    ...(clamped === undefined
      ? []
      : [
          `${model}: ${plural(clamped, 'name has', 'names have')} a log-probability lower than this server reports, counted as probability 0.`,
        ]),
    ...(unmeasured === 0
      ? []
      : [
          `${model}: ${plural(unmeasured, 'pair is', 'pairs are')} not measured and left out: ${measure === 'logprob' ? 'a name has no log-probability' : 'most samples hold no answer'}.`,
        ]),
  ]
}

type IntervalFormat = (interval: Interval | null) => string

function renderAccuracies(
  comparisons: readonly DirectionComparison[],
  { format, width }: { format: IntervalFormat; width: number },
): string {
  const nats = comparisons.some(isAllZero)
  // A test on shares that are all shown as zero is of no use to the reader.
  const tests = comparisons.every(isAllZero) ? [] : ['t']
  const rows = comparisons.flatMap((comparison) => {
    const { mother, father } = comparison.byParentType
    return [
      [
        comparison.model,
        MEASURES[comparison.measure],
        ...accuracyCells('all', comparison, { format, nats, tested: tests.length > 0 }),
      ],
      ['', '', ...accuracyCells('mothers', mother, { format, nats, tested: tests.length > 0 })],
      ['', '', ...accuracyCells('fathers', father, { format, nats, tested: tests.length > 0 })],
    ]
  })
  const logprobs = nats ? ['parent nats', 'child nats'] : []
  const numbers = ['n', 'parent %', 'child %', ...logprobs, 'difference', ...tests].map((head) => ({
    head,
    align: 'right' as const,
  }))
  return renderTable(
    [{ head: 'model', least: 10 }, { head: 'measure', least: 10 }, { head: 'pairs' }, ...numbers],
    rows,
    { width },
  )
}

function accuracyCells(
  pairs: string,
  { pairs: n, parent, child, difference, logprob }: DirectionAccuracy,
  { format, nats, tested }: { format: IntervalFormat; nats: boolean; tested: boolean },
): string[] {
  const t = difference?.t ?? null
  return [
    ...[pairs, formatCount(n)],
    ...[parent, child].map(format),
    ...(nats ? [logprob?.parent, logprob?.child].map(formatNats) : []),
    format(difference),
    ...(tested ? [t === null ? '' : formatDecimals(t, 2)] : []),
  ]
}

/** If all percentages are 0.0, the log-probabilities behind them are shown too. */
function isAllZero({ parent, child, logprob }: DirectionComparison): boolean {
  return logprob !== undefined && [parent, child].every((interval) => estimate(interval) === inPercent(0))
}

function formatNats(logprob: number | null | undefined): string {
  return typeof logprob === 'number' ? formatDecimals(logprob, 2) : ''
}

function estimate(interval: Interval | null): string {
  return typeof interval?.estimate === 'number' ? inPercent(interval.estimate) : 'n/a'
}

function inPercent(share: number): string {
  return formatDecimals(100 * share, 2)
}

function percent(interval: Interval | null): string {
  const [estimate, low, high] = [interval?.estimate, interval?.low, interval?.high].map((share) =>
    typeof share === 'number' ? inPercent(share) : undefined,
  )
  if (estimate === undefined) return 'n/a'
  return low === undefined ? estimate : `${estimate} [${low}, ${high}]`
}
