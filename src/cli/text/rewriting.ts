import type { Rewriting, RewritingEstimate } from '../../lib/experiments/rewriting/rewriter.ts'
import { plural } from '../../lib/support/plural.ts'

/** What a model is asked for and what that costs, for a person to read before it is asked. */
export function renderRewritingEstimate({
  sentences,
  known,
  tokens,
  costUsd,
  costBasis,
}: RewritingEstimate): string {
  const facts = [
    plural(sentences, 'sentence'),
    ...(known > 0 ? [`${number(known)} of them known`] : []),
    ...(tokens.input > 0 ? [`${plural(tokens.input, 'token')} in, about ${number(tokens.output)} out`] : []),
    ...(costUsd ? [`about $${costUsd.toFixed(2)}`] : []),
  ]
  return [facts.join(', '), ...(costBasis === undefined ? [] : [costBasis])].join('\n')
}

/** The question before money is spent. */
export function rewritingQuestion({ sentences, known, costUsd }: RewritingEstimate): string {
  const cost = costUsd === null ? 'at a cost that is unknown' : `for about $${costUsd.toFixed(2)}`
  return `Have ${plural(sentences - known, 'sentence')} written ${cost}?`
}

/** How many sentences are the model's, and why the others are not. */
export function renderRewriting({ sentences, refusals }: Rewriting): string {
  const reasons = Object.entries(refusals)
  const kept = reasons.reduce((sum, [, count]) => sum + count, 0)
  if (kept === 0) return `All ${number(sentences)} sentences are as the model wrote them.`
  const shown = reasons.map(([reason, count]) => `${reason} (${number(count)})`)
  return `${number(sentences - kept)} of ${number(sentences)} sentences are as the model wrote them, the others as the template has them: ${shown.join(', ')}.`
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}
