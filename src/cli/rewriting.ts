import type { OpenRewriterOptions } from '../lib/experiments/rewriting/open-rewriter.ts'
import { openRewriter } from '../lib/experiments/rewriting/open-rewriter.ts'
import type { Rewriting, RewritingEstimate } from '../lib/experiments/rewriting/rewriter.ts'
import type { BaseCommand } from './base-command.ts'
import { hostedProgress } from './hosted-progress.ts'
import { Progress } from './progress.ts'

/** Have sentences written by a model before the user's eyes, who is asked first where it costs money. */
export async function rewriteVisibly(
  command: BaseCommand,
  options: OpenRewriterOptions,
  { yes, signal }: { yes: boolean; signal: AbortSignal },
): Promise<Rewriting> {
  const progress = new Progress({ quiet: command.jsonEnabled() })
  const { onWait } = hostedProgress(progress)
  await using rewriter = await openRewriter({ ...options, hosted: { ...options.hosted, onWait } })
  const estimate = await rewriter.estimate()
  command.logToStderr(renderEstimate(estimate))
  if (estimate.costUsd !== 0) await command.confirm(question(estimate), { yes })
  try {
    const onProgress = (state: { done: number; total: number }) =>
      progress.update({ label: 'Writing sentences', ...state })
    return await rewriter.rewrite({ signal, onProgress })
  } finally {
    progress.stop()
  }
}

/** What a model is asked for and what that costs, for a person to read before it is asked. */
function renderEstimate({ sentences, known, tokens, costUsd, costBasis }: RewritingEstimate): string {
  const facts = [
    `${number(sentences)} sentences`,
    ...(known > 0 ? [`${number(known)} of them known`] : []),
    ...(tokens.input > 0 ? [`${number(tokens.input)} tokens in, about ${number(tokens.output)} out`] : []),
    ...(costUsd ? [`about $${costUsd.toFixed(2)}`] : []),
  ]
  return [facts.join(', '), ...(costBasis === undefined ? [] : [costBasis])].join('\n')
}

/** The question before money is spent. */
function question({ sentences, known, costUsd }: RewritingEstimate): string {
  const cost = costUsd === null ? 'at a cost that is unknown' : `for about $${costUsd.toFixed(2)}`
  return `Have ${number(sentences - known)} sentences written ${cost}?`
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
