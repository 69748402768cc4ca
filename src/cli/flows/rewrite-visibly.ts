import type { CreateReverseOptions } from '../../lib/datasets/reverse/create.ts'
import { openRewriter } from '../../lib/experiments/rewriting/open-rewriter.ts'
import type { Rewriting } from '../../lib/experiments/rewriting/rewriter.ts'
import type { FillFlags } from '../flags/fill.ts'
import type { BaseCommand } from '../shell/base-command.ts'
import { loadExtensions } from '../shell/extensions.ts'
import { Progress } from '../shell/progress.ts'
import { renderRewritingEstimate, rewritingQuestion } from '../text/rewriting.ts'
import { hostedProgress } from './hosted-progress.ts'
import { openNamedModel } from './open-named-model.ts'

interface RewriteOptions {
  /** The model that writes, as the user calls it. */
  name: string
  dataset: CreateReverseOptions
  flags: FillFlags
}

/**
 * Have a model write the sentences of a data set and show the progress; asks the user first if it costs
 * money.
 */
export async function rewriteVisibly(command: BaseCommand, options: RewriteOptions): Promise<Rewriting> {
  const { name, dataset, flags } = options
  const { home, responseCache: cacheDirectory, interrupt: signal } = command
  const progress = new Progress({ quiet: command.jsonEnabled() })
  // Answers are kept once: by the rewriter, for models of all kinds.
  const { model } = await openNamedModel(name, {
    ...(await loadExtensions(command.config)),
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
    command.logToStderr(renderRewritingEstimate(estimate))
    if (estimate.costUsd !== 0) await command.confirm(rewritingQuestion(estimate), flags)
    return await rewriter.rewrite({
      signal,
      onProgress: (state) => progress.update({ label: 'Writing sentences', ...state }),
    })
  } finally {
    progress.stop()
    await model.close()
  }
}
