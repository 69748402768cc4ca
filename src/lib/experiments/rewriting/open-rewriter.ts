import type { CreateReverseOptions } from '../../datasets/reverse/create.ts'
import { readReverseFacts } from '../../datasets/reverse/facts.ts'
import type { LanguageModel } from '../../models/language-model.ts'
import { loadPrices } from '../../models/openai/prices.ts'
import type { CacheFailureListener } from '../../models/response-cache.ts'
import { ResponseCache } from '../../models/response-cache.ts'
import { Rewriter } from './rewriter.ts'
import { listSentences } from './sentences.ts'

export interface OpenRewriterOptions {
  /** The data set whose sentences are rewritten. */
  dataset: CreateReverseOptions
  model: LanguageModel
  /** The user's name for the model, which is also its name in price tables. */
  name: string
  /** A file of prices in place of those that ship with the tool. */
  prices?: string | undefined
  /** Folder that keeps answers. */
  cache?: string | undefined
  onCacheFailure?: CacheFailureListener
}

/** Prepares the sentences of a data set for a model, with the answers that are already known. */
export async function openRewriter(options: OpenRewriterOptions): Promise<Rewriter> {
  const { dataset, model, name, prices, cache, onCacheFailure: onFailure } = options
  const { facts } = await readReverseFacts(dataset.factFiles)
  return Rewriter.open({
    model,
    name,
    sentences: listSentences(facts, dataset),
    prices: await loadPrices(prices),
    cache: cache === undefined ? undefined : new ResponseCache(cache, { onFailure }),
  })
}
