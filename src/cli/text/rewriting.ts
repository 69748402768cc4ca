import type { Rewriting, RewritingEstimate } from '../../lib/experiments/rewriting/rewriter.ts'
import { formatCount, formatDollars, plural } from '../../lib/support/numbers.ts'

/** The number of sentences and the cost, for a person to read before a model is asked. */
export function renderRewritingEstimate({
  sentences,
  known,
  tokens,
  costUsd,
  costBasis,
}: RewritingEstimate): string {
  const facts = [
    plural(sentences, 'sentence'),
    ...(known > 0 ? [`${formatCount(known)} of them cached`] : []),
    ...(tokens.input > 0
      ? [`${plural(tokens.input, 'token')} in, about ${formatCount(tokens.output)} out`]
      : []),
    ...(costUsd ? [`about ${formatDollars(costUsd)}`] : []),
  ]
  return [facts.join(', '), ...(costBasis === undefined ? [] : [costBasis])].join('\n')
}

/** The question before money is spent. */
export function rewritingQuestion({ sentences, known, costUsd }: RewritingEstimate): string {
  const cost = costUsd === null ? 'at an unknown cost' : `for about ${formatDollars(costUsd)}`
  return `Have ${plural(sentences - known, 'sentence')} written ${cost}?`
}

/** How many sentences are the model's, and why the others are not. */
export function renderRewriting({ sentences, refusals }: Rewriting): string {
  const reasons = Object.entries(refusals)
  const kept = reasons.reduce((sum, [, count]) => sum + count, 0)
  if (kept === 0) return `All ${plural(sentences, 'sentence')} are as the model wrote them.`
  const shown = reasons.map(([reason, count]) => `${reason} (${formatCount(count)})`)
  return `${formatCount(sentences - kept)} of ${plural(sentences, 'sentence')} are as the model wrote them; the others use the plain template: ${shown.join(', ')}.`
}
