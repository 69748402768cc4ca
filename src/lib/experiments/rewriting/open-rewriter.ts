import type { CreateReverseOptions } from '../../datasets/reverse/create.ts'
import { readReverseFacts } from '../../datasets/reverse/facts.ts'
import type { OpenModelOptions } from '../../models/open-model.ts'
import { isGgufName, openModel } from '../../models/open-model.ts'
import { loadPrices } from '../../models/openai/prices.ts'
import { ResponseCache } from '../../models/response-cache.ts'
import { Rewriter } from './rewriter.ts'
import { listSentences } from './sentences.ts'

export interface OpenRewriterOptions extends OpenModelOptions {
  /** The data set whose sentences are rewritten. */
  dataset: CreateReverseOptions
  /** `gguf:PATH`, or a hosted model by its name. */
  model: string
  /** A file of prices in place of those that ship with the tool. */
  prices?: string | undefined
  /** Folder that keeps answers. */
  cache?: string | undefined
}

/** Open a model that is to write the sentences of a data set. Dispose of the result to close it. */
export async function openRewriter(options: OpenRewriterOptions): Promise<Rewriter> {
  const { dataset, model: name, prices, cache, ...modelOptions } = options
  const { facts } = await readReverseFacts(dataset.factFiles)
  const sentences = listSentences(facts, dataset)
  const table = await loadPrices(prices)
  const reference = isGgufName(name) ? { id: name } : { id: name, provider: 'openai' }
  const model = await openModel(reference, modelOptions)
  return Rewriter.open({
    model,
    name,
    sentences,
    prices: table,
    cache: cache === undefined ? undefined : new ResponseCache(cache),
  })
}
