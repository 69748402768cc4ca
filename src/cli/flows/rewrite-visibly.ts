import type { CreateReverseOptions } from '../../lib/datasets/reverse/create.ts'
import { openRewriter } from '../../lib/experiments/rewriting/open-rewriter.ts'
import type { Rewriting, RewritingEstimate } from '../../lib/experiments/rewriting/rewriter.ts'
import { plural } from '../../lib/support/plural.ts'
import type { FillFlags } from '../flags/fill.ts'
import type { BaseCommand } from '../shell/base-command.ts'
import { Progress } from '../shell/progress.ts'
import { hostedProgress } from './hosted-progress.ts'
import { openNamedModel } from './open-named-model.ts'

interface RewriteOptions {
  /** The model that writes, as the user calls it. */
  name: string
  dataset: CreateReverseOptions
  flags: FillFlags
}

/** Have a model write the sentences of a data set before the user's eyes, who is asked first where it costs money. */
export async function rewriteVisibly(command: BaseCommand, options: RewriteOptions): Promise<Rewriting> {
  const { name, dataset, flags } = options
  const { home, responseCache: cacheDirectory, interrupt: signal } = command
  const progress = new Progress({ quiet: command.jsonEnabled() })
  // Answers are kept once: by the rewriter, for models of all kinds.
  const model = await openNamedModel(name, {
    flags: { ...flags, cache: false },
    home,
    cacheDirectory,
    progress,
    signal,
  })
  try {
    const cache = flags.cache ? cacheDirectory : undefined
    const { onCacheFailure } = hostedProgress(progress)
    const rewriter = await openRewriter({
      dataset,
      model,
      name,
      prices: flags.prices,
      cache,
      onCacheFailure,
    })
    const estimate = await rewriter.estimate()
    command.logToStderr(renderEstimate(estimate))
    if (estimate.costUsd !== 0) await command.confirm(question(estimate), flags)
    return await rewriter.rewrite({
      signal,
      onProgress: (state) => progress.update({ label: 'Writing sentences', ...state }),
    })
  } finally {
    progress.stop()
    await model.close()
  }
}

/** What a model is asked for and what that costs, for a person to read before it is asked. */
function renderEstimate({ sentences, known, tokens, costUsd, costBasis }: RewritingEstimate): string {
  const facts = [
    plural(sentences, 'sentence'),
    ...(known > 0 ? [`${number(known)} of them known`] : []),
    ...(tokens.input > 0 ? [`${plural(tokens.input, 'token')} in, about ${number(tokens.output)} out`] : []),
    ...(costUsd ? [`about $${costUsd.toFixed(2)}`] : []),
  ]
  return [facts.join(', '), ...(costBasis === undefined ? [] : [costBasis])].join('\n')
}

/** The question before money is spent. */
function question({ sentences, known, costUsd }: RewritingEstimate): string {
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
